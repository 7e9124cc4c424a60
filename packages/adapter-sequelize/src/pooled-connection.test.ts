import { type Driver, deadlineIn } from "@rds-proxy/core/adapter";
import { describe, expect, it, vi } from "vitest";
import { resolvedOptions } from "../../core/src/testing/resolved-options.js";
import {
  type ScriptedConnection,
  type ScriptedDb,
  ScriptedDriver,
} from "../../core/src/testing/scripted-driver.js";
import { createVirtualClock } from "../../core/src/testing/virtual-clock.js";
import { createPooledConnection } from "./pooled-connection.js";

const clock = createVirtualClock();
const options = resolvedOptions({}, { clock });
const soon = () => deadlineIn(1000, clock);

async function open(sessionOf?: Driver<ScriptedConnection, ScriptedDb>["sessionOf"]) {
  const driver: ScriptedDriver & Driver<ScriptedConnection, ScriptedDb> = new ScriptedDriver();
  if (sessionOf) Object.assign(driver, { sessionOf });
  driver.script.push({ ms: 0 });
  const connection = await driver.connect({ deadline: soon() });
  const revoke = vi.fn();
  return { driver, connection, revoke, pooled: createPooledConnection(driver, connection, options, revoke) };
}

describe("a connection in Sequelize's pool", () => {
  it("has the driver's state, and its operations", async () => {
    const { driver, connection, revoke, pooled } = await open();
    expect(pooled.state).toBe("idle");
    pooled.unref();
    expect(connection.isRef).toBe(false);
    pooled.ref();
    expect(connection.isRef).toBe(true);
    connection.state = "transaction";
    await pooled.rollback(soon());
    expect(pooled.state).toBe("idle");
    expect(revoke).not.toHaveBeenCalled();
    pooled.revoke();
    expect(revoke).toHaveBeenCalledOnce();
    pooled.destroy();
    expect(pooled.state).toBe("unusable");
    expect(driver.log).toEqual(["connect", "rollback 1", "destroy 1"]);
  });

  it("is fit while it is idle, and not afterwards", async () => {
    const { connection, pooled } = await open();
    Object.assign(connection, { connectedAt: clock.steadyMs(), lastUsedAt: clock.steadyMs() });
    expect(await pooled.isFit(soon())).toBe(true);
    connection.state = "busy";
    expect(await pooled.isFit(soon())).toBe(false);
  });

  it("waits for the end of an answer", async () => {
    const { connection, pooled } = await open();
    connection.state = "ending";
    const before = clock.sleeps.length;
    await pooled.untilSettled(deadlineIn(3, clock));
    expect(clock.sleeps.slice(before)).toEqual([1, 1, 1]);
  });

  it("is destroyed if it does not end in order", async () => {
    const { driver, pooled } = await open();
    await pooled.end();
    expect(driver.log).toEqual(["connect", "end 1"]);
    const failing = await open();
    failing.driver.failEnds();
    await failing.pooled.end();
    expect(failing.driver.log).toEqual(["connect", "end 1", "destroy 1"]);
  });

  it("has the session state that the driver follows", async () => {
    const session = {
      state: ["set" as const],
      isRead: true,
      untilRead: vi.fn(async () => undefined),
      adopt: vi.fn(),
      setUp: async () => undefined,
      reportKept: vi.fn(),
    };
    const { pooled } = await open(() => session);
    expect(pooled.sessionState).toEqual(["set"]);
    await pooled.untilSessionIsRead();
    expect(session.untilRead).toHaveBeenCalledOnce();
    pooled.adoptSessionState();
    expect(session.adopt).toHaveBeenCalledOnce();
    pooled.reportKeptState();
    expect(session.reportKept).toHaveBeenCalledOnce();
  });

  it("has none with a driver that does not follow it", async () => {
    const { pooled } = await open();
    expect(pooled.sessionState).toEqual([]);
    await expect(pooled.untilSessionIsRead()).resolves.toBeUndefined();
    expect(pooled.adoptSessionState()).toBeUndefined();
    expect(pooled.reportKeptState()).toBeUndefined();
  });
});
