import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { createOwnDatabase } from "./own-database.js";
import type { Suite, SuiteRun, SuiteSide, TestOutcome } from "./suite.js";

/** Runs a suite on one side, in a new database and, on our side, through a local proxy of its own. */
export async function runSuite(
  suite: Suite,
  side: SuiteSide,
  request: Pick<SuiteRun, "checkout" | "engine" | "filters">,
): Promise<readonly TestOutcome[]> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-suite-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { drop, ...database } = await createOwnDatabase(request.engine, suite.furtherDatabases);
  stack.defer(drop);
  const run = { ...request, side, folder, server: database };
  if (side === "bare") return await suite.run({ ...run, place: database, proxyEnvironment: {} });

  const proxy = await startLocalProxy({ engine: request.engine, upstream: database, maxConnections: 100 });
  stack.defer(() => proxy.close());
  const place = { ...database, host: proxy.host, port: proxy.port };
  return await suite.run({ ...run, place, proxyEnvironment: proxy.environment });
}
