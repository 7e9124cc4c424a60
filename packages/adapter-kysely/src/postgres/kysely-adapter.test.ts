import { RdsProxyClient } from "@rds-proxy/adapter-pg/client";
import { deadlineIn } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { sql } from "kysely";
import { expect, it, onTestFinished, vi } from "vitest";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { kyselyAdapter } from "./kysely-adapter.js";

/** Clients without a server, whose statements fail if they are listed. */
function scriptClients(failing: readonly unknown[]) {
  const clients: RdsProxyClient = RdsProxyClient.prototype;
  const unusable = new WeakSet<object>();
  const connect = vi.spyOn(clients, "connectWithin").mockImplementation(async function (
    this: RdsProxyClient,
  ) {
    vi.spyOn(this, "query").mockImplementation(async (text: unknown) => {
      if (failing.includes(text)) throw new Error(`${text} failed`);
      return { rows: [] };
    });
    return this;
  });
  vi.spyOn(clients, "markUnusable").mockImplementation(function (this: RdsProxyClient) {
    unusable.add(this);
  });
  vi.spyOn(clients, "state", "get").mockImplementation(function (this: RdsProxyClient) {
    return unusable.has(this) ? "unusable" : "idle";
  });
  for (const time of ["connectedAt", "lastUsedAt"] as const) {
    vi.spyOn(clients, time, "get").mockImplementation(() => systemRuntime.clock.steadyMs());
  }
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  return { connects: () => connect.mock.calls.length };
}

it.each([
  ["is not used again after a rollback that failed", ["rollback"], 2],
  ["is used again after one that succeeded", [], 1],
])("a connection %s", async (_behaviour, failing, connects) => {
  const clients = scriptClients(failing);
  const { clock } = systemRuntime;
  const resource = kyselyAdapter().create(resolvedOptions({}, { clock }));
  onTestFinished(() => resource.close());
  const deadline = deadlineIn(1000, clock);
  const lease = await resource.acquire(deadline);
  const failed = lease.db.transaction().execute(async () => {
    throw new Error("the handler's own");
  });
  await expect(failed).rejects.toThrow(failing[0] ?? "the handler's own");
  await lease.release(deadline);
  const next = await resource.acquire(deadline);
  await sql`select 1`.execute(next.db);
  await next.release(deadline);
  expect(clients.connects()).toBe(connects);
});
