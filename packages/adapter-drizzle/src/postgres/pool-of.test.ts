import { EventEmitter } from "node:events";
import type { PgConnection } from "@rds-proxy/adapter-pg";
import { deadlineIn } from "@rds-proxy/core/adapter";
import { ConnectionTurns, systemRuntime } from "@rds-proxy/core/internal";
import pg from "pg";
import { expect, it } from "vitest";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { poolOf } from "./pool-of.js";

/** A connection that answers each query with what was sent. */
class StubConnection extends EventEmitter {
  async query(...args: unknown[]): Promise<readonly [StubConnection, unknown[]]> {
    return [this, args];
  }
}

function start() {
  const { clock } = systemRuntime;
  const turns = new ConnectionTurns(resolvedOptions({}, { clock }), deadlineIn(1000, clock), "Wait.");
  const stub = new StubConnection();
  const connection: PgConnection = Object(stub);
  return { stub, pool: poolOf(connection, turns) };
}

it("is a pool for Drizzle, whose queries are the connection's", async () => {
  const { stub, pool } = start();
  expect(pool).toBeInstanceOf(pg.Pool);
  const statement = { text: "select $1" };
  expect(await pool.query(statement, [1])).toEqual([stub, [statement, [1]]]);
});

it("a client is the connection in a turn of its own, with the connection's events", async () => {
  const { stub, pool } = start();
  const client = await pool.connect();
  expect(await client.query("begin")).toEqual([stub, ["begin"]]);
  const order: string[] = [];
  const beside = pool.query("select 1").then(() => order.push("beside"));
  const errors: Error[] = [];
  const listener = (error: Error): void => void errors.push(error);
  client.on("error", listener);
  const lost = new Error("lost");
  stub.emit("error", lost);
  client.off("error", listener);
  expect(stub.listenerCount("error")).toBe(0);
  expect(errors).toEqual([lost]);
  await client.query("commit");
  order.push("commit");
  client.release();
  await beside;
  expect(order).toEqual(["commit", "beside"]);
  await expect(client.query("select 1")).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
});
