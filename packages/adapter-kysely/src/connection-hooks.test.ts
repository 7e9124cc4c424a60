import { type SessionState, SessionWatch } from "@rds-proxy/core/adapter";
import { type DatabaseConnection, DummyDriver } from "kysely";
import { describe, expect, it, vi } from "vitest";
import { resolvedOptions } from "../../core/src/testing/resolved-options.js";
import { type AcquireOptions, type ConnectionHooks, preparingBy, withHooks } from "./connection-hooks.js";
import { ConnectionSessions } from "./connection-sessions.js";

/** Has one connection, and counts where it is. */
class OneConnectionDriver extends DummyDriver {
  readonly #connection = super.acquireConnection();
  readonly given: (AcquireOptions | undefined)[] = [];
  isAcquired = false;

  override async acquireConnection(options?: AcquireOptions): Promise<DatabaseConnection> {
    this.given.push(options);
    this.isAcquired = true;
    return this.#connection;
  }

  override async releaseConnection(): Promise<void> {
    this.isAcquired = false;
  }
}

/** A session that notes when it is set up. */
function sessionWith(calls: string[]): SessionState {
  const session = new SessionWatch(resolvedOptions());
  const setUp = session.setUp.bind(session);
  vi.spyOn(session, "setUp").mockImplementation(async (work) => {
    calls.push("set-up begins");
    await setUp(work);
    calls.push("set-up ends");
  });
  return session;
}

describe("the hooks of a driver", () => {
  type Acquire = (options?: AcquireOptions) => Promise<DatabaseConnection>;

  function start(hooks: ConnectionHooks) {
    const driver = new OneConnectionDriver();
    const acquire: Acquire = withHooks(driver, hooks, new ConnectionSessions()).acquireConnection;
    return { driver, acquire };
  }

  it.each([
    [["onCreateConnection"], ["onCreateConnection"]],
    [["onReserveConnection"], ["onReserveConnection", "onReserveConnection"]],
    [
      ["onCreateConnection", "onReserveConnection"],
      ["onCreateConnection", "onReserveConnection", "onReserveConnection"],
    ],
  ] as const)(
    "%j are called with the connection and the options, in this order: %j",
    async (names, expected) => {
      const calls: unknown[][] = [];
      const hooks = Object.fromEntries(
        names.map((name) => [name, async (...args: unknown[]) => void calls.push([name, ...args])]),
      );
      const { driver, acquire } = start(hooks);
      const options = { signal: new AbortController().signal };
      const connection = await acquire(options);
      expect(await acquire(options)).toBe(connection);
      expect(calls).toEqual(expected.map((name) => [name, connection, options]));
      expect(driver.given).toEqual([options, options]);
      expect(driver.isAcquired).toBe(true);
    },
  );

  it.each(["onCreateConnection", "onReserveConnection"])(
    "a connection whose %s fails goes back, and the hook is called again",
    async (name) => {
      const hook = vi.fn().mockRejectedValueOnce(new Error("no set-up")).mockResolvedValue(undefined);
      const { driver, acquire } = start({ [name]: hook });
      await expect(acquire()).rejects.toThrow("no set-up");
      expect(driver.isAcquired).toBe(false);
      await acquire();
      expect(driver.isAcquired).toBe(true);
      expect(hook).toHaveBeenCalledTimes(2);
    },
  );

  it("a driver without hooks stays as it is", () => {
    const driver = new OneConnectionDriver();
    const { acquireConnection } = driver;
    expect(withHooks(driver, {}, new ConnectionSessions()).acquireConnection).toBe(acquireConnection);
  });
});

it("onCreateConnection sets up the session, which belongs to the connection, and onReserveConnection does not", async () => {
  const calls: string[] = [];
  const session = sessionWith(calls);
  const prepare = preparingBy(
    {
      onCreateConnection: async () => void calls.push("create"),
      onReserveConnection: async () => void calls.push("reserve"),
    },
    () => session,
  );
  const connection = await new DummyDriver().acquireConnection();
  await prepare?.(connection, session, undefined);
  expect(calls).toEqual(["set-up begins", "create", "set-up ends", "reserve"]);
});
