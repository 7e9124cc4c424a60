import { parseArgs } from "node:util";
import { checkBinds } from "./check-binds.js";

// npm run fuzz:binds -- --url mysql://user:password@host:port/database --runs 100000 --seed 7
const { values } = parseArgs({
  options: {
    url: { type: "string" },
    runs: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
const { seed, runs } = values;
const url = values.url ?? process.env["TEST_MYSQL_URL"]?.split(" ", 1)[0];
if (url === undefined) throw new Error("--url: expected the URL of a MySQL or MariaDB server");
const { hostname, port, username, password, pathname } = new URL(url);
const server = {
  host: hostname,
  port: Number(port || 3306),
  user: decodeURIComponent(username),
  password: decodeURIComponent(password),
  database: pathname.slice(1),
};
console.log(`seed ${seed}`);
const begin = performance.now();
const { verdicts, refusals } = await checkBinds(server, {
  runs: Number(runs),
  seed: Number(seed),
  onKind: ({ charset, sqlMode }) => console.log(`${charset}, sql_mode '${sqlMode}': done`),
});
console.log(`${runs} statements in ${Math.round((performance.now() - begin) / 1000)} s:`, verdicts);
const byCount = Object.entries(refusals).sort(([, a], [, b]) => b - a);
for (const [reason, count] of byCount) console.log(`refused: ${reason}: ${count}`);
