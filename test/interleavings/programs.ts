import { createRandom } from "../support/random.js";
import { type Program, parseProgram } from "./schedule.js";

/** Of users of a driver's pool. */
const POOL_PROGRAMS = [
  "1: connect query release / connect begin release / connect send release / connect query release",
  "1: connect query release connect query release / connect release-error / kill",
  "1: connect send release / connect fail release / connect begin release / kill",
  "2: connect begin release / connect query release / connect release-error / kill",
  "1: connect query release connect query release / connect query release / freeze-fin",
  "1: connect begin release nap connect query release / connect release / freeze",
  "1: exhaust drop connect query release / connect release",
  "1: refuse connect release / connect release / connect release",
  "1: mute connect release / connect release / freeze",
  "1: connect query release / connect query release / connect release / close",
  "2: connect begin release / connect query release / connect query release / close",
  "1: connect release silence nap connect query release / connect release",
];

/** The programs whose interleavings are explored within bounds. */
export const PROGRAMS: readonly Program[] = [
  // Four invocations, one slot, each end.
  "slots 1: acquire query release / acquire release / acquire destroy / acquire release",
  "slots 1: acquire begin release / acquire begin commit release / acquire query release",
  "slots 1: acquire set release / acquire query release / kill",
  "slots 1: acquire send release / acquire listen query release / kill",
  "slots 1: acquire fail release / acquire fail destroy / acquire query release",
  "slots 1: acquire begin fail release / acquire query release / kill",
  "slots 1: acquire release+destroy / acquire release+release / acquire release",
  "slots 1: acquire begin release+destroy / acquire query release / kill",
  "slots 1: acquire release / hurry release / hurry release / acquire release",
  "slots 2: acquire query release / acquire begin release / acquire destroy / acquire query release",
  "slots 2: acquire begin release / acquire set release / acquire query release / kill",
  // Freezes.
  "slots 1: acquire query release acquire query release / freeze-fin",
  "slots 1: acquire begin release / freeze / acquire query release",
  "slots 1: acquire release nap silence acquire query release / acquire release",
  "slots 1: acquire begin release acquire release / freeze / kill",
  "slots 2: acquire release acquire release / acquire release acquire release / freeze-fin",
  // Logins that fail.
  "slots 1: exhaust drop acquire query release / acquire release / acquire release",
  "slots 1: refuse acquire release / acquire release / acquire release",
  "slots 1: mute acquire release / acquire release / freeze",
  "slots 2: refuse exhaust acquire release / acquire release / acquire release",
  // The prefetch.
  "slots 1: prefetch / acquire query release / acquire release",
  "slots 1: mute prefetch / acquire query release / acquire release / freeze",
  "slots 1: drop prefetch / acquire query release / acquire release",
  "slots 2: prefetch / acquire query release / acquire release / acquire release",
  "slots 1: prefetch close / acquire release",
  // Closing.
  "slots 1: acquire query release / acquire query release / acquire release / close",
  "slots 2: acquire begin release / acquire send release / acquire release / close",
  "slots 1: prefetch / acquire release / close",
  "slots 1: acquire release acquire release / acquire release / close-idle",
  "slots 2: prefetch acquire release / acquire release / close-idle / kill",
  "slots 1: acquire release silence close-idle / acquire release",
  // The middleware, one invocation after the other.
  "middleware 1: acquire query after / acquire begin throw / acquire send timeout / acquire query after",
  "middleware 1: acquire begin abandon / acquire query after / acquire early / acquire query after",
  "middleware 1: acquire send abandon / acquire query after / kill",
  "middleware 1: prefetched / acquire query after / acquire query after / freeze-fin",
  "middleware 1: acquire set after / acquire fail throw / acquire query after / nap",
  "middleware 1: acquire query after / acquire query after / close",
  "middleware 1: acquire query after / acquire query after / snapshot",
  "middleware 2: acquire query abandon / acquire begin abandon / acquire query after",
  // At once.
  "concurrent-middleware 2: acquire query after / acquire begin throw / acquire send timeout / acquire query after",
  "concurrent-middleware 1: acquire begin early / acquire query after / acquire query abandon / acquire query after",
  "concurrent-middleware 2: acquire begin after / acquire set after / acquire query after / kill",
  "concurrent-middleware 2: acquire query after / acquire query after / acquire begin after / close",
  // The turns of a query builder.
  "turns 1: take use give / take give / take use give / take give",
  "turns 1: take use give / take use give / take give / abort",
  "turns 1: take give+abort / take use give / take give",
  "turns 1: take use give / take give / take give / close",
  // Sequelize's own pool under the supervisor.
  "sequelize 1: acquire query release / acquire begin release / acquire send release / acquire query release",
  "sequelize 1: acquire begin query commit release / acquire query release / kill",
  "sequelize 1: acquire set query release / acquire query release / acquire query destroy",
  "sequelize 2: acquire begin release / acquire query release / acquire send destroy / kill",
  "sequelize 1: acquire query release acquire query release / freeze-fin",
  "sequelize 1: acquire begin release nap acquire query release / freeze",
  "sequelize 1: exhaust drop acquire query release / acquire query release",
  "sequelize 1: refuse acquire query release / acquire query release",
  "sequelize 1: prefetch / acquire query release / acquire query release / kill",
  "sequelize 1: mute prefetch / acquire query release / freeze",
  "sequelize 1: acquire query release / acquire query release / close",
  "sequelize 2: acquire begin release / acquire send release / acquire query release / close",
  "sequelize 1: acquire fail query release / acquire query release / close-idle",
  // Pools.
  ...POOL_PROGRAMS.flatMap((program) => [`pg-pool ${program}`, `mysql-pool ${program}`]),
].map(parseProgram);

/** What random programs consist of. */
interface Parts {
  readonly begins: readonly [string, ...string[]];
  readonly uses: readonly [string, ...string[]];
  readonly ends: readonly [string, ...string[]];
  readonly around: readonly [string, ...string[]];
}

const STATEMENTS = ["query", "begin", "commit", "set", "fail", "send"] as const;
const USES = [...STATEMENTS, "listen"] as const;
const AROUND = [
  "kill",
  "silence",
  "freeze",
  "nap",
  "freeze-fin",
  "refuse",
  "exhaust",
  "drop",
  "mute",
  "close",
] as const;

const POOL: Parts = {
  begins: ["connect"],
  uses: STATEMENTS,
  ends: ["release", "release", "release-error"],
  around: AROUND,
};

export const PARTS: Readonly<Record<string, Parts>> = {
  slots: {
    begins: ["acquire", "acquire", "hurry"],
    uses: USES,
    ends: ["release", "release", "destroy", "release+destroy", "release+release"],
    around: [...AROUND, "prefetch", "close-idle"],
  },
  middleware: {
    begins: ["acquire"],
    uses: USES,
    ends: ["after", "throw", "timeout", "early", "abandon"],
    around: [...AROUND, "prefetched", "snapshot"],
  },
  "concurrent-middleware": {
    begins: ["acquire"],
    uses: USES,
    ends: ["after", "throw", "timeout", "early", "abandon"],
    around: [...AROUND, "snapshot"],
  },
  "pg-pool": POOL,
  "mysql-pool": POOL,
  sequelize: {
    begins: ["acquire"],
    uses: STATEMENTS,
    ends: ["release", "release", "destroy"],
    around: [
      "kill",
      "freeze",
      "nap",
      "freeze-fin",
      "refuse",
      "exhaust",
      "drop",
      "mute",
      "close",
      "prefetch",
      "close-idle",
    ],
  },
  turns: {
    begins: ["take"],
    uses: ["use"],
    ends: ["give", "give", "give+abort"],
    around: ["abort", "close"],
  },
};

/** A program of up to four invocations, and of what happens around them. */
export function randomProgram(subject: string, seed: number, index: number): Program {
  const parts = PARTS[subject];
  if (!parts) throw new Error(`no subject ${subject}`);
  const random = createRandom(seed, `program ${index}`);
  const invocation = (): string[] => {
    const steps = [random.pick(parts.begins)];
    for (let uses = random.between(0, 3); uses > 0; uses--) steps.push(random.pick(parts.uses));
    return [...steps, random.pick(parts.ends)];
  };
  const actors = Array.from({ length: random.between(1, 4) }, invocation);
  for (let around = random.between(0, 3); around > 0; around--) actors.push([random.pick(parts.around)]);
  return { subject, maxConnections: subject === "turns" ? 1 : random.between(1, 3), actors };
}
