import { deadlineIn } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import pg from "pg";
import { expect, it, onTestFinished, vi } from "vitest";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { startPostgresStub } from "../testing/postgres-stub.js";
import { createClientClass } from "./client.js";
import { pgDriver } from "./driver.js";

it("the driver's operations are those of its clients", async () => {
  const stub = await startPostgresStub();
  const options = resolvedOptions({
    ...stub.endpoint,
    credentials: undefined,
    signer: { getAuthToken: async () => "token" },
  });
  const driver = pgDriver(createClientClass(pg), options, { application_name: "orders" });
  const deadline = deadlineIn(5000, systemRuntime.clock);
  const client = await driver.connect({ deadline });
  onTestFinished(() => client.destroy());
  const [session] = stub.sessions;
  expect(session?.startup).toEqual(expect.arrayContaining(["application_name", "orders"]));

  await client.query("begin");
  expect(driver.stateOf(client)).toBe("transaction");
  await driver.ping(client, deadline);
  await driver.rollback(client, deadline);
  expect(session?.statements).toEqual(["begin", "select 1", "rollback"]);
  expect(driver.stateOf(client)).toBe("idle");
  expect(driver.connectedAt(client)).toBe(client.connectedAt);
  expect(driver.lastUsedAt(client)).toBe(client.lastUsedAt);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(driver.isInTurnOfLastUse(client)).toBe(false);
  expect(driver.sessionOf?.(client)).toBe(client.session);
  expect(driver.createView(client).db).toBeInstanceOf(pg.Client);

  const ref = vi.spyOn(client, "ref");
  const unref = vi.spyOn(client, "unref");
  driver.unref(client);
  expect([ref.mock.calls.length, unref.mock.calls.length]).toEqual([0, 1]);
  driver.ref(client);
  expect([ref.mock.calls.length, unref.mock.calls.length]).toEqual([1, 1]);

  stub.isHolding = true;
  const passed = deadlineIn(0, systemRuntime.clock);
  await expect(driver.ping(client, passed)).rejects.toThrow('no answer to "select 1" in time');
  await expect(driver.rollback(client, passed)).rejects.toThrow('no answer to "rollback" in time');
  stub.isHolding = false;
  driver.destroy(client);
  expect(driver.stateOf(client)).toBe("unusable");

  const other = await driver.connect({ deadline });
  await driver.end(other);
  expect(stub.sessions[1]?.isEnding).toBe(true);
});
