import type { Costs } from "./costs.js";

/** What `rdsProxy()` may add to the bare driver in Middy. */
interface Budgets {
  /** Bundled as usual. */
  readonly usual: Costs;
  /** Bundled by the recipe, compared with the bare driver bundled as usual. */
  readonly recipe: Costs;
}

/** For both drivers: what is created for a warm invocation. These counts are exact. */
const warm = {
  // An async function takes one, and each await in it another while they are counted. Five for the hook before, with the lease
  // and the end of the turn; two for the hook after; one watches the query; what awaits them has the rest.
  promises: 13,
  ticks: 0,
  // The end of the turn, after which a FIN would be seen, and the end of the turn in which the answer came.
  immediates: 2,
  "turns of the event loop": 1,
  timers: 0,
  writes: 0,
} as const satisfies Costs;

/** Mostly promises, the view, the lease, deadlines, and what follows the statement. A tenth is room. */
const heapBytes = 14_000;

/** Entry, helpers of esbuild, and what our code shares with what is loaded later. */
const splitFiles = 2;

/** The bundle, its cache and the module that loads both, in place of one file. */
const recipeFiles = 2;

/**
 * Instructions vary by two or three per cent with the numbers that V8 draws, and more with its version, so their budgets have room
 * of 15 million. Until the bundle is loaded, the bare driver has begun to connect, and `rdsProxy()` has not.
 */
export const budgets: Readonly<Record<"pg" | "mysql2", Budgets>> = {
  pg: {
    usual: {
      ...warm,
      "heap bytes of an invocation": heapBytes,
      "files of a cold start": splitFiles,
      // Readers and Aurora DSQL are 1,000 of them.
      "bytes of these": 34_500,
      "million instructions until loaded": 45,
      "million instructions until answered": 65,
    },
    // Half a megabyte, most of it V8's cache. What it saves are instructions.
    recipe: {
      "files of a cold start": recipeFiles,
      "bytes of these": 500_000,
      "million instructions until loaded": 0,
      "million instructions until answered": 0,
    },
  },
  mysql2: {
    usual: {
      ...warm,
      "heap bytes of an invocation": heapBytes,
      // One more: what mysql2's options need is shared with what is loaded later, too.
      "files of a cold start": splitFiles + 1,
      "bytes of these": 60_000,
      "million instructions until loaded": 45,
      "million instructions until answered": 65,
    },
    // Without the tables that a connection to a proxy does not use.
    recipe: {
      "files of a cold start": recipeFiles,
      "bytes of these": -100_000,
      "million instructions until loaded": -100,
      "million instructions until answered": -150,
    },
  },
};
