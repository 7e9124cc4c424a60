import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { startMysqlServer, startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import { checkSettings, eachOf } from "./check-settings.js";
import { traitsOf } from "./server-traits.js";
import { randomSettings, singleSettings } from "./settings.js";

const servers = ["postgres", "mariadb", "mysql"] as const;

// npm run test:probe -- --server mariadb --settings 300 --seed 7
const { values } = parseArgs({
  options: {
    server: { type: "string" },
    settings: { type: "string", default: "300" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    "at-a-time": { type: "string", default: "8" },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run test:probe -- [options]

Starts a local proxy for each switch by itself and for random settings of all switches, probes it with the doctor, and
compares what the probe found with what was set. TEST_POSTGRES_URL and TEST_MYSQL_URL choose the servers, as for the tests.

  --server NAME     postgres, mariadb or mysql; default all three
  --settings 300    how many random settings
  --seed 7          of the random settings; default by the clock
  --at-a-time 8     how many local proxies at a time`,
);
const chosen = servers.filter((name) => values.server === undefined || values.server === name);
if (chosen.length === 0) {
  throw new Error(`--server: expected ${servers.join(", ")}, got ${values.server}`);
}

for (const name of chosen) {
  const { stop, ...server } = await start(name);
  const engine = name === "postgres" ? "postgres" : "mysql";
  const traits = await traitsOf(engine, server);
  const all = [
    ...singleSettings(engine),
    ...randomSettings(engine, Number(values.settings), Number(values.seed)),
  ];
  console.log(`${name}: ${all.length} settings, seed ${values.seed}`);
  let wrong = 0;
  let checked = 0;
  await eachOf(all, Number(values["at-a-time"]), async (settings) => {
    const differences = await checkSettings(engine, server, traits, settings);
    checked += 1;
    if (checked % 50 === 0) console.log(`  ${checked} checked`);
    if (differences.length === 0) return;
    wrong += 1;
    console.log(`  ${JSON.stringify(settings)}`);
    for (const difference of differences) console.log(`    ${difference}`);
  });
  await stop();
  console.log(`${name}: ${all.length - wrong} of ${all.length} recovered`);
  if (wrong > 0) process.exitCode = 1;
}

async function start(name: (typeof servers)[number]) {
  if (name === "postgres") return await startPostgresServer(["max_connections=400"]);
  return await startMysqlServer(["max-connections=400"], name);
}
