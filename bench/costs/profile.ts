import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { lambdaVariables } from "@rds-proxy/lambda-kit/environment";
import { groups, ours } from "../contenders.js";
import { Side } from "../side.js";
import { bundleIn, startServers } from "../start-group.js";
import { type CpuProfile, mergeParts, partsOf, sum } from "./parts.js";

const run = promisify(execFile);

/** Microseconds between two samples: a cold start is short, and its samples are few. */
const INTERVAL_US = { "first invocation": 50, "many invocations": 200 };
type Work = keyof typeof INTERVAL_US;

/** Prints which parts of our own code the processor runs, as shares of all of it, in cold starts and in warm invocations. */
async function printProfile(names: readonly string[], rounds: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-profile-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { file: program } = await bundleIn(
    folder,
    "profiled",
    new URL("./counting-process.ts", import.meta.url),
  );
  const chosen = groups.filter(({ name }) => names.includes(name));
  const upstreams = await startServers(chosen, stack);
  for (const { name, engine, contenders } of chosen) {
    const contender = contenders.find((each) => each.name === ours);
    const upstream = upstreams.get(engine);
    if (!contender || !upstream) throw new Error(`${name} has no contender ${ours}`);
    const bundle = await bundleIn(folder, name, contender.handler, { isReadable: true });
    const side = await Side.start(contender, bundle, program, engine, upstream);
    stack.defer(() => side.stop());
    const shares: Record<string, Record<string, number>> = {};
    let warmUs = 0;
    for (const [title, work, count] of [
      ["cold", "first invocation", rounds],
      ["warm", "many invocations", 1],
    ] as const) {
      const parts = [];
      for (let index = 0; index < count; index++) {
        const { times, invocations } = await profile(side, program, work, folder);
        parts.push(times);
        if (invocations !== undefined) warmUs = sum(times.values()) / invocations;
      }
      for (const [part, share] of mergeParts(parts)) {
        shares[part] = { ...shares[part], [`${title}, %`]: Math.round(share * 100) };
      }
    }
    console.log(`\n${name}: our own code, by parts`);
    console.table(shares);
    console.log(`A warm invocation runs it for ${warmUs.toFixed(1)} µs in all.`);
  }
}

async function profile(
  side: Side,
  program: string,
  work: Work,
  folder: string,
): Promise<{ times: ReadonlyMap<string, number>; invocations?: number }> {
  const directory = await mkdtemp(join(folder, "cpu-"));
  const flags = ["--cpu-prof", "--cpu-prof-interval", String(INTERVAL_US[work]), "--cpu-prof-dir", directory];
  const { stdout } = await run(process.execPath, [...flags, program, work, side.bundle.file], {
    env: { ...lambdaVariables, ...(await side.variables()) },
  });
  const [file] = await readdir(directory);
  if (file === undefined) throw new Error("Node.js has written no profile");
  const read: CpuProfile = JSON.parse(await readFile(join(directory, file), "utf8"));
  return { times: partsOf(read), ...JSON.parse(stdout) };
}

const names = groups.filter(({ isColdOnly }) => !isColdOnly).map(({ name }) => name);
const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: ["pg", "mysql2"] },
    rounds: { type: "string", default: "10" },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run bench:profile -- [options]

Prints which parts of our own code take its time in cold starts and in warm invocations, by Node's profiler.

  --only NAME    one group; may be repeated: ${names.join(", ")}; default pg and mysql2
  --rounds 10    cold starts`,
);
const unknown = values.only.find((name) => !names.includes(name));
if (unknown !== undefined) throw new Error(`--only: expected one of ${names.join(", ")}, got ${unknown}.`);
if (!/^[1-9]\d*$/.test(values.rounds))
  throw new Error(`--rounds: expected a whole number from 1, got ${values.rounds}.`);
await printProfile(values.only, Number(values.rounds));
