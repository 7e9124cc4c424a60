import { deadlineIn } from "@rds-proxy/core/adapter";
import { ConnectionTurns, systemRuntime } from "@rds-proxy/core/internal";
import { type DatabaseConnection, type Driver, DummyDriver } from "kysely";
import { expect, it, vi } from "vitest";
import { resolvedOptions } from "../../core/src/testing/resolved-options.js";
import { InvocationDriver } from "./invocation-driver.js";

it("a hook that fails ends the turn of its query", async () => {
  const { clock } = systemRuntime;
  const turns = new ConnectionTurns(resolvedOptions({}, { clock }), deadlineIn(1000, clock), "Wait.");
  const prepare = vi
    .fn<(connection: DatabaseConnection) => Promise<void>>()
    .mockRejectedValueOnce(new Error("no set-up"))
    .mockResolvedValue();
  const dummy: Required<Driver> = new DummyDriver();
  const driver = new InvocationDriver(dummy, turns, prepare);
  await expect(driver.acquireConnection()).rejects.toThrow("no set-up");
  const connection = await driver.acquireConnection();
  await driver.releaseConnection(connection);
  expect(prepare).toHaveBeenCalledTimes(2);
});
