import { parseArgs } from "node:util";
import { printHelp, wholeNumber } from "@rds-proxy/lambda-kit/command-line";
import { startMysqlServer } from "@rds-proxy/lambda-kit/servers";
import { checkBinds } from "./check-binds.js";

const products = ["mariadb", "mysql"] as const;

// npm run fuzz:binds -- --server mysql --runs 100000 --seed 7
const { values } = parseArgs({
  options: {
    server: { type: "string" },
    runs: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run fuzz:binds -- [options]

Runs generated statements twice on one server, with their values in the text and as a prepared statement, and fails at the first one
that does something else. TEST_MYSQL_URL chooses the servers, as for the tests.

  --server NAME      ${products.join(" or ")}; default both
  --runs 100000      number of statements on each server
  --seed 7           which statements; default by the clock`,
);
const { server: name } = values;
const seed = wholeNumber("seed", values.seed, 0);
const runs = wholeNumber("runs", values.runs, 1);
const chosen = products.filter((product) => name === undefined || product === name);
if (chosen.length === 0) throw new Error(`--server: expected ${products.join(" or ")}, got ${name}.`);

for (const product of chosen) {
  const server = await startMysqlServer([], product);
  console.log(`${product}, seed ${seed}`);
  const begin = performance.now();
  try {
    const { verdicts, refusals } = await checkBinds(server, {
      runs,
      seed,
      onKind: ({ charset, sqlMode }) => console.log(`${charset}, sql_mode '${sqlMode}': done`),
    });
    console.log(`${runs} statements in ${Math.round((performance.now() - begin) / 1000)} s:`, verdicts);
    const byCount = Object.entries(refusals).sort(([, a], [, b]) => b - a);
    for (const [reason, count] of byCount) console.log(`refused: ${reason}: ${count}`);
  } finally {
    await server.stop();
  }
}
