import { onRdsProxyEvent } from "@rds-proxy/core";
import { Restores, systemRuntime } from "@rds-proxy/core/internal";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { CREDENTIALS, PROXY_HOST } from "../../core/src/testing/resolved-options.js";
import { scriptedAdapter } from "../../core/src/testing/scripted-adapter.js";
import { type ScriptedDb, ScriptedDriver } from "../../core/src/testing/scripted-driver.js";
import { databaseOf } from "./database.js";
import type { DatabaseOptions } from "./options.js";

function createDatabase(options: DatabaseOptions<ScriptedDb> = {}, env: Record<string, string> = {}) {
  const driver = new ScriptedDriver();
  const { clock } = systemRuntime;
  const database = databaseOf(
    { host: PROXY_HOST, user: "app", credentials: CREDENTIALS, ...options },
    scriptedAdapter(driver),
    { clock, env, restores: new Restores(clock, env) },
  );
  onTestFinished(() => database.close());
  return { database, driver };
}

describe("work with a connection", () => {
  it.each([
    ["a value", () => 1],
    ["a promise", async () => 1],
  ])("may return %s, and the connection is kept for the next", async (_, work) => {
    const { database, driver } = createDatabase();
    expect(await database.run(work)).toBe(1);
    expect(await database.run(({ connection }) => connection.id)).toBe(1);
    expect(driver.log).toEqual(["connect"]);
  });

  it("that fails rejects with its own error, after the lease has ended", async () => {
    const { database } = createDatabase();
    const error = new Error("the caller's own");
    let db: ScriptedDb | undefined;
    await expect(
      database.run((given) => {
        db = given;
        throw error;
      }),
    ).rejects.toBe(error);
    expect(db?.isRevoked).toBe(true);
  });

  it("has ended its lease when the result is there, and not before", async () => {
    const { database } = createDatabase();
    const states: (boolean | undefined)[] = [];
    let db: ScriptedDb | undefined;
    await database.run(async (given) => {
      db = given;
      await new Promise((resolve) => setImmediate(resolve));
      states.push(db.isRevoked);
    });
    states.push(db?.isRevoked);
    expect(states).toEqual([false, true]);
  });

  it.each([[undefined], ["select 1"], [{}]])("is a function, and not %o", async (work) => {
    const { database, driver } = createDatabase();
    await expect(Reflect.apply(database.run, database, [work])).rejects.toThrow(
      new TypeError(`work: expected a function, received a value of type ${typeof work}`),
    );
    expect(driver.log).toEqual([]);
  });

  it("waits for a connection as long as its options say", async () => {
    const { database } = createDatabase();
    const lease = await database.acquire();
    const work = vi.fn();
    await expect(database.run(work, { deadline: Date.now() - 1 })).rejects.toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
    });
    await lease.release();
    expect(work).not.toHaveBeenCalled();
  });

  it("shows by its request id that the last invocation is over", async () => {
    const { database } = createDatabase({}, { AWS_LAMBDA_FUNCTION_NAME: "shop" });
    const { db } = await database.acquire({ context: { awsRequestId: "1" } });
    expect(await database.run(({ connection }) => connection, { context: { awsRequestId: "2" } })).toBe(
      db.connection,
    );
    expect(db.isRevoked).toBe(true);
  });
});

describe("a lease of a database", () => {
  it("keeps its connection when it is released, once", async () => {
    const { database, driver } = createDatabase();
    const lease = await database.acquire();
    await Promise.all([lease.release(), lease.release()]);
    lease.destroy();
    expect(lease.db.isRevoked).toBe(true);
    expect(driver.log).toEqual(["connect"]);
  });

  it("ends at the end of its block", async () => {
    const { database } = createDatabase();
    let db: ScriptedDb | undefined;
    {
      await using lease = await database.acquire();
      db = lease.db;
      expect(db.isRevoked).toBe(false);
    }
    expect(db.isRevoked).toBe(true);
  });

  it("that is destroyed closes its connection, and says who did", async () => {
    const reasons: string[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => reasons.push(reason)));
    const { database, driver } = createDatabase();
    const lease = await database.acquire();
    lease.destroy();
    expect(driver.log).toEqual(["connect", "destroy 1"]);
    expect(reasons).toEqual(["destroyed by its user"]);
  });

  it("of another caller, outside of Lambda, does not count as over", async () => {
    const { database } = createDatabase({ maxConnections: 2 });
    const first = await database.acquire();
    await database.run(() => undefined);
    expect(first.db.isRevoked).toBe(false);
  });
});

describe("a database", () => {
  it("is warmed up, and has no connection in a snapshot", async () => {
    const { database, driver } = createDatabase();
    await database.warmUp();
    expect(driver.log).toEqual(["connect"]);
    await database.beforeSnapshot();
    expect(driver.log).toEqual(["connect", "end 1"]);
  });

  it("uses no connection from before a restore", async () => {
    const { database, driver } = createDatabase();
    await database.warmUp();
    await new Promise((resolve) => setTimeout(resolve, 2));
    database.afterRestore();
    await database.run(() => undefined);
    expect(driver.log).toEqual(["connect", "destroy 1", "connect"]);
  });

  it("opens no connection after its close", async () => {
    const { database, driver } = createDatabase();
    await database.warmUp();
    await database.close();
    expect(driver.log).toEqual(["connect", "end 1"]);
    await expect(database.run(() => undefined)).rejects.toMatchObject({ code: "RDS_PROXY_CLOSED" });
  });
});
