import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { startMysqlServer, startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { type Bundle, bundle } from "./bundling/bundle.js";
import { bundleWithRecipe } from "./bundling/bundle-with-recipe.js";
import type { Group } from "./contenders.js";
import { Side } from "./side.js";

const servers = { postgres: startPostgresServer, mysql: startMysqlServer };

/** Starts the servers that the groups need. They stop with the stack. */
export async function startServers(
  groups: readonly Group[],
  stack: AsyncDisposableStack,
): Promise<ReadonlyMap<Group["engine"], DatabaseServer>> {
  const upstreams = new Map<Group["engine"], DatabaseServer>();
  for (const engine of new Set(groups.map((group) => group.engine))) {
    const server = await servers[engine]();
    stack.defer(() => server.stop());
    const { host, port, user, password, database } = server;
    upstreams.set(engine, { host, port, user, password, database });
  }
  return upstreams;
}

/** Bundles the contenders of a group and starts a proxy for each. They stop with the stack. */
export async function startGroup(
  group: Group,
  folder: string,
  runtimeFile: string,
  upstream: DatabaseServer | undefined,
  stack: AsyncDisposableStack,
): Promise<readonly Side[]> {
  if (!upstream) throw new Error(`no server for ${group.engine}`);
  const sides: Side[] = [];
  for (const contender of group.contenders) {
    const name = `${group.name} ${contender.name}`.replaceAll(/\W+/g, "-");
    const [limit] = sides;
    const bundled =
      contender.hasRecipe && limit
        ? await bundleWithRecipe(contender, join(folder, name), await limit.variables())
        : await bundleIn(folder, name, contender.handler, contender);
    const side = await Side.start(contender, bundled, runtimeFile, group.engine, upstream);
    stack.defer(() => side.stop());
    sides.push(side);
  }
  return sides;
}

/** Bundles a program into a folder of its own. */
export async function bundleIn(
  folder: string,
  name: string,
  source: URL,
  options?: { isSplit?: boolean; isReadable?: boolean },
): Promise<Bundle> {
  const outdir = join(folder, name);
  await mkdir(outdir);
  return await bundle(source, outdir, options);
}
