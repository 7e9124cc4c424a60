import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { startMysqlServer, startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import { createMysql } from "./mysql.js";
import { createPostgres } from "./postgres.js";
import { runMultiplexing } from "./run.js";

// npm run multiplexing -- --engine mysql --seconds 60 --seed 7
const { values } = parseArgs({
  options: {
    engine: { type: "string" },
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now()) },
    clients: { type: "string", default: "40" },
    places: { type: "string", default: "6" },
    "kill-every": { type: "string", default: "100" },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run multiplexing -- [options]

Random operations of many clients of the local proxy, over few database connections that the server kills. Each client
checks that every answer is its own. TEST_POSTGRES_URL and TEST_MYSQL_URL choose the servers, as for the tests.

  --engine mysql     postgres, or mysql for MySQL and MariaDB; default both
  --seconds 60       how long, for each engine
  --seed 7           what the clients do; default by the clock
  --clients 40       number of clients
  --places 6         number of database connections
  --kill-every 100   mean time between two kills, in ms`,
);
if (values.engine !== undefined && values.engine !== "postgres" && values.engine !== "mysql") {
  throw new Error(`--engine: expected postgres or mysql, got ${values.engine}`);
}

for (const name of ["postgres", "mysql"] as const) {
  if (values.engine !== undefined && values.engine !== name) continue;
  console.log(`${name}: ${values.seconds} s, seed ${values.seed}`);
  const { stop, ...server } = name === "postgres" ? await startPostgresServer() : await startMysqlServer();
  const report = await runMultiplexing({
    engine: name === "postgres" ? createPostgres(server) : createMysql(server),
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    clients: Number(values.clients),
    places: Number(values.places),
    killEveryMs: Number(values["kill-every"]),
  });
  await stop();
  const { operations, kills, ended, violations } = report;
  console.log(
    `${operations} operations, ${kills} kills, ${ended} sessions ended, ${violations.length} violations`,
  );
  for (const violation of violations) console.log(`  ${violation}`);
  if (violations.length > 0) process.exitCode = 1;
}
