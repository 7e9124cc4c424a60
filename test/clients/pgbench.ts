import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Signer } from "@aws-sdk/rds-signer";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import installPrograms from "./install-programs.js";
import { startPgBouncer } from "./pgbouncer.js";
import type { Ready } from "./proxy-process.js";
import { runProgram } from "./run-program.js";

// Throughput of pgbench's clients: directly, through PgBouncer in transaction mode, and through the local proxy.
const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "200" },
    backends: { type: "string", default: "20" },
    seconds: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
    idle: { type: "string", default: "1000" },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run bench:pgbench -- [options]

Throughput of pgbench's clients directly, through PgBouncer in transaction mode and through the local proxy, and the memory of idle
clients. Installs pgbench and PgBouncer, as root with apt.

  --clients 200   clients of pgbench
  --backends 20   database connections of PgBouncer and of the local proxy
  --seconds 10    how long each round takes
  --rounds 3      rounds, in which the three alternate
  --idle 1000     idle clients whose memory is measured`,
);
const [clients, backends, seconds, rounds, idle] = [
  values.clients,
  values.backends,
  values.seconds,
  values.rounds,
  values.idle,
].map(Number);
if (!clients || !backends || !seconds || !rounds || !idle)
  throw new Error("every option is a number above 0");

await installPrograms();
const server = await startPostgresServer([`max_connections=${clients + 50}`, "fsync=off"]);
const bouncer = await startPgBouncer(server, backends);
const proxy = fork(
  fileURLToPath(new URL("proxy-process.ts", import.meta.url)),
  [JSON.stringify({ engine: "postgres", upstream: server, maxConnections: backends })],
  { execArgv: ["--expose-gc", "--conditions=@rds-proxy/source", "--import=tsx"] },
);
try {
  const [ready]: Ready[] = await once(proxy, "message");
  if (ready === undefined) throw new Error("the proxy's process sent no message");
  // Before the load: memory that a load has freed would hide what idle clients take.
  await measureIdle(ready);
  await compare(ready);
} finally {
  proxy.disconnect();
  await once(proxy, "exit");
  await bouncer.stop();
  await server.stop();
}

async function compare(ready: Ready): Promise<void> {
  const direct = { PGPORT: String(server.port), PGPASSWORD: server.password, PGSSLMODE: "disable" };
  await runProgram("pgbench", ["-i", "-q", "-s", "50"], { env: libpq(direct) });
  const ways: Readonly<Record<string, () => Promise<Record<string, string>>>> = {
    direct: async () => direct,
    pgbouncer: async () => ({ PGPORT: String(bouncer.port), PGSSLMODE: "require" }),
    proxy: () => proxyLogin(ready),
  };
  for (const [script, args] of Object.entries({ "select-only": ["-S"], "tpcb-like": [] })) {
    const results: Record<string, number[]> = {};
    // Interleaved, so that the machine's other work affects all alike.
    for (let round = 0; round < (rounds ?? 0); round++) {
      for (const [way, login] of Object.entries(ways)) {
        const shape = ["-n", "-c", `${clients}`, "-j", "2", "-T", `${seconds}`, ...args];
        const { stdout } = await runProgram("pgbench", shape, { env: libpq(await login()) });
        if (!/number of failed transactions: 0 /.test(stdout))
          throw new Error(`transactions failed:\n${stdout}`);
        const tps = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
        if (!(tps > 0)) throw new Error(`no transaction ended:\n${stdout}`);
        results[way] = [...(results[way] ?? []), Math.round(tps)];
      }
    }
    console.log(`${script}, ${clients} clients, ${backends} backends, transactions per second:`);
    for (const [way, tps] of Object.entries(results)) {
      const ratio = median(tps) / median(results["pgbouncer"] ?? []);
      console.log(`  ${way.padEnd(10)} ${tps.join("  ")}  (${ratio.toFixed(2)} of PgBouncer)`);
    }
  }
}

async function measureIdle(ready: Ready): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-pgbench-"));
  try {
    const script = join(folder, "idle.sql");
    await writeFile(script, "\\sleep 15 s\n");
    const before = await ask();
    const shape = ["-n", "-c", `${idle}`, "-j", "2", "-t", "1", "-f", script];
    const run = runProgram("pgbench", shape, { env: libpq(await proxyLogin(ready)) });
    let during = before;
    while (during.metrics.ClientConnections < (idle ?? 0)) {
      during = await Promise.race([
        ask(),
        run.then(() => Promise.reject(new Error("pgbench ended too early"))),
      ]);
    }
    const perClient = (during.residentBytes - before.residentBytes) / during.metrics.ClientConnections;
    console.log(
      `${during.metrics.ClientConnections} idle clients: ${megabytes(during.residentBytes)} MB resident, ` +
        `${megabytes(before.residentBytes)} MB without; ${Math.round(perClient / 1024)} kB a client`,
    );
    await run;
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Answer {
  readonly residentBytes: number;
  readonly metrics: { readonly ClientConnections: number; readonly ClientConnectionsSetupSucceeded: number };
}

async function ask(): Promise<Answer> {
  proxy.send("how much?");
  const [answer] = await once(proxy, "message");
  return answer;
}

async function proxyLogin({ port, caFile, environment }: Ready): Promise<Record<string, string>> {
  const signer = new Signer({
    hostname: "localhost",
    port,
    username: environment["RDS_PROXY_USER"] ?? "",
    region: environment["AWS_REGION"] ?? "",
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
      sessionToken: environment["AWS_SESSION_TOKEN"] ?? "",
    },
  });
  return {
    PGPORT: String(port),
    PGPASSWORD: await signer.getAuthToken(),
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: caFile,
  };
}

function libpq(login: Record<string, string>): Record<string, string> {
  return { PGHOST: "localhost", PGUSER: server.user, PGDATABASE: server.database, ...login };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
