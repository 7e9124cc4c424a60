import { Kysely, sql } from "kysely";
import type { Connection, Pool } from "mysql2";
import { expect, it, vi } from "vitest";
import { watchSession } from "../../../adapter-mysql2/src/driver/watch-session.js";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { PoolDialect } from "./pool-dialect.js";

type Callback = (error: Error | null, result?: unknown) => void;

/** As much of mysql2's connection as a session and Kysely use. Queries have no rows. */
class StubConnection {
  handlePacket(): void {}

  query(_text: string, _values: unknown[], callback: Callback): void {
    callback(null, []);
  }

  release(): void {}
}

/** Notes what is called on a pool, which hands out one connection. */
function start(error: Error | null = null) {
  const calls: string[] = [];
  const connection: Connection = Object(new StubConnection());
  const { session } = watchSession(connection, resolvedOptions(), () => true);
  vi.spyOn(session, "setUp").mockImplementation(async (work) => {
    calls.push("set-up begins");
    await work();
    calls.push("set-up ends");
  });
  const listeners = new Map<string, (connection: Connection) => void>();
  const stub = {
    on(event: string, listener: (connection: Connection) => void) {
      listeners.set(event, listener);
      return stub;
    },
    getConnection(callback: Callback) {
      calls.push("connect");
      callback(error, error ? undefined : connection);
    },
    end(callback: Callback) {
      calls.push("end");
      callback(null);
    },
  };
  const pool: Pool = Object(stub);
  const onCreateConnection = async (): Promise<void> => void calls.push("hook");
  const dialect = new PoolDialect(() => pool, { onCreateConnection });
  return { calls, listeners, connection, db: new Kysely({ dialect }) };
}

it("onCreateConnection sets up the session of the pool's connection, and destroy() ends the pool", async () => {
  const { calls, db } = start();
  await sql`select 1`.execute(db);
  await db.destroy();
  expect(calls).toEqual(["connect", "set-up begins", "hook", "set-up ends", "end"]);
});

it("fails as the pool does", async () => {
  const { calls, db } = start(new Error("no connection"));
  await expect(sql`select 1`.execute(db)).rejects.toThrow("no connection");
  expect(calls).toEqual(["connect"]);
});

it("streams of each connection that the pool opens fail with it", async () => {
  const { listeners, connection, db } = start();
  await sql`select 1`.execute(db);
  const { query } = connection;
  listeners.get("connection")?.(connection);
  expect(connection.query).not.toBe(query);
});
