import { deadlineIn } from "@rds-proxy/core/adapter";
import { ConnectionTurns, systemRuntime } from "@rds-proxy/core/internal";
import { CompiledQuery, type DatabaseConnection, type Driver, DummyDriver } from "kysely";
import { describe, expect, it, vi } from "vitest";
import { resolvedOptions } from "../../core/src/testing/resolved-options.js";
import { InvocationDriver, type PrepareOwn } from "./invocation-driver.js";

const NAMES = [
  ...["init", "acquireConnection", "releaseConnection", "destroy"],
  ...["beginTransaction", "commitTransaction", "rollbackTransaction"],
  ...["savepoint", "rollbackToSavepoint", "releaseSavepoint"],
];

/** Notes the calls of a driver's methods. */
function noteCalls(driver: object): unknown[][] {
  const calls: unknown[][] = [];
  for (const name of NAMES) {
    const method: (...args: unknown[]) => unknown = Reflect.get(driver, name);
    Reflect.set(driver, name, (...args: unknown[]) => {
      calls.push([name, ...args]);
      return Reflect.apply(method, driver, args);
    });
  }
  return calls;
}

function start(prepare?: PrepareOwn) {
  const { clock } = systemRuntime;
  const turns = new ConnectionTurns(resolvedOptions({}, { clock }), deadlineIn(1000, clock), "Wait.");
  const inner: Required<Driver> = new DummyDriver();
  const calls = noteCalls(inner);
  return { calls, turns, driver: new InvocationDriver(inner, turns, prepare) };
}

it("a hook that fails ends the turn of its query", async () => {
  const prepare = vi
    .fn<(connection: DatabaseConnection) => Promise<void>>()
    .mockRejectedValueOnce(new Error("no set-up"))
    .mockResolvedValue();
  const { driver } = start(prepare);
  await expect(driver.acquireConnection()).rejects.toThrow("no set-up");
  const connection = await driver.acquireConnection();
  await driver.releaseConnection(connection);
  expect(prepare).toHaveBeenCalledTimes(2);
});

it("a hook is called with the connection and the options of each query", async () => {
  const prepare = vi.fn<NonNullable<PrepareOwn>>().mockResolvedValue();
  const { driver } = start(prepare);
  const options = { signal: new AbortController().signal };
  const connection = await driver.acquireConnection(options);
  expect(prepare).toHaveBeenCalledExactlyOnceWith(connection, options);
});

it("Kysely's driver connects at the first query and once, and gets each call of a transaction", async () => {
  const { calls, driver } = start();
  await driver.init();
  expect(calls).toEqual([]);
  const connection = await driver.acquireConnection();
  await driver.beginTransaction(connection, { isolationLevel: "serializable" });
  const compile = (): CompiledQuery => CompiledQuery.raw("a statement of a savepoint");
  await driver.savepoint(connection, "one", compile);
  await driver.rollbackToSavepoint(connection, "two", compile);
  await driver.releaseSavepoint(connection, "three", compile);
  await driver.rollbackTransaction(connection);
  await driver.releaseConnection(connection);
  expect(await driver.acquireConnection()).toBe(connection);
  await driver.commitTransaction(connection);
  await driver.destroy();
  expect(calls).toEqual([
    ["init"],
    ["acquireConnection"],
    ["beginTransaction", connection, { isolationLevel: "serializable" }],
    ["savepoint", connection, "one", compile],
    ["rollbackToSavepoint", connection, "two", compile],
    ["releaseSavepoint", connection, "three", compile],
    ["rollbackTransaction", connection],
    ["releaseConnection", connection],
    ["commitTransaction", connection],
  ]);
  await expect(driver.acquireConnection()).rejects.toThrow("driver has already been destroyed");
});

it("a query of an invocation that is over fails as its turn does", async () => {
  const { driver, turns } = start();
  turns.close();
  await expect(driver.acquireConnection()).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
});

describe("an aborted query", () => {
  const timingOf = (reason: object): unknown => Reflect.get(reason, "__kysely_timing__");

  it.each<
    [timing: string, (each: ReturnType<typeof start>, controller: AbortController) => Promise<unknown>]
  >([
    [
      "before init",
      ({ driver }, controller) => {
        controller.abort(new Error("the caller's own"));
        return driver.acquireConnection(controller);
      },
    ],
    [
      "during init",
      ({ driver }, controller) => {
        const acquired = driver.acquireConnection(controller);
        controller.abort(new Error("the caller's own"));
        return acquired;
      },
    ],
    [
      "before acquireConnection:acquire",
      async ({ driver }, controller) => {
        await driver.releaseConnection(await driver.acquireConnection());
        controller.abort(new Error("the caller's own"));
        return await driver.acquireConnection(controller);
      },
    ],
    [
      "during acquireConnection:acquire",
      async ({ driver }, controller) => {
        await driver.releaseConnection(await driver.acquireConnection());
        const acquired = driver.acquireConnection(controller);
        controller.abort(new Error("the caller's own"));
        return await acquired;
      },
    ],
    [
      "during acquireConnection:acquire",
      async ({ driver, turns }, controller) => {
        await driver.acquireConnection();
        const isWaiting = vi.spyOn(turns, "acquire");
        const acquired = driver.acquireConnection(controller);
        await vi.waitFor(() => expect(isWaiting).toHaveBeenCalled());
        controller.abort(new Error("the caller's own"));
        return await acquired;
      },
    ],
  ])("has Kysely's note when it was aborted: %s", async (timing, acquire) => {
    const started = start();
    const controller = new AbortController();
    const reason: unknown = await acquire(started, controller).catch((error: unknown) => error);
    expect(reason).toBe(controller.signal.reason);
    expect(timingOf(controller.signal.reason)).toBe(timing);
    // As Kysely's other steps also do to the same reason.
    await expect(started.driver.acquireConnection(controller)).rejects.toBe(reason);
    expect(timingOf(controller.signal.reason)).toMatch(/^before /);
  });

  it.each([["a text"], [null], [Object.freeze(new Error("frozen"))], [Object.seal(new Error("sealed"))]])(
    "fails with a reason that takes no note: %s",
    async (reason) => {
      const controller = new AbortController();
      controller.abort(reason);
      const failed = start().driver.acquireConnection(controller);
      expect(await failed.catch((error: unknown) => error)).toBe(reason);
    },
  );

  it("leaves its turn to others, and opens a connection only if it was aborted later", async () => {
    const { calls, driver } = start();
    await expect(driver.acquireConnection({ signal: AbortSignal.abort() })).rejects.toThrow("aborted");
    expect(calls).toEqual([]);
    const controller = new AbortController();
    const aborted = driver.acquireConnection(controller);
    controller.abort();
    await expect(aborted).rejects.toThrow("aborted");
    expect(await driver.acquireConnection()).toBeDefined();
    expect(calls).toEqual([["init"], ["acquireConnection"]]);
  });

  it("is left to Kysely's own wrapper where there is one", async () => {
    const { driver } = start();
    driver.isWatched = true;
    const connection = await driver.acquireConnection({ signal: AbortSignal.abort() });
    expect(connection).toBeDefined();
  });

  it("that already failed for another reason has that reason, without the note", async () => {
    const { driver, turns } = start();
    await driver.acquireConnection();
    const controller = new AbortController();
    const isWaiting = vi.spyOn(turns, "acquire");
    const failed = driver.acquireConnection(controller);
    await vi.waitFor(() => expect(isWaiting).toHaveBeenCalled());
    turns.close();
    controller.abort();
    const error: unknown = await failed.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    expect(error).not.toHaveProperty("__kysely_timing__");
  });
});
