import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import type { Mysql2Connection } from "@rds-proxy/adapter-mysql2";
import { deadlineIn } from "@rds-proxy/core/adapter";
import { ConnectionTurns, systemRuntime } from "@rds-proxy/core/internal";
import { expect, it } from "vitest";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { poolOf } from "./pool-of.js";

/** mysql2's connection without promises, whose streams have these rows. */
class StubStreaming extends EventEmitter {
  readonly rows: Readable[] = [];
  readonly sent: unknown[][] = [];

  query(...args: unknown[]): object {
    this.sent.push(args);
    const stream = (): Readable => {
      const rows = Readable.from([[1], [2], [3]]);
      this.rows.push(rows);
      return rows;
    };
    return { stream };
  }
}

/** A connection that answers each query with what was sent. */
class StubConnection {
  readonly connection: StubStreaming = new StubStreaming();

  async query(...args: unknown[]): Promise<readonly unknown[]> {
    return ["query", this, args];
  }

  async execute(...args: unknown[]): Promise<readonly unknown[]> {
    return ["execute", this, args];
  }
}

/** What Drizzle uses of a connection that it takes from a pool. */
interface Taken {
  query(...args: unknown[]): Promise<unknown>;
  execute(...args: unknown[]): Promise<unknown>;
  release(): void;
  readonly connection: {
    query(...args: unknown[]): { stream(): Readable };
    on(event: string, listener: (error: Error) => void): void;
    off(event: string, listener: (error: Error) => void): void;
    end(): void;
  };
}

function start() {
  const { clock } = systemRuntime;
  const turns = new ConnectionTurns(resolvedOptions({}, { clock }), deadlineIn(1000, clock), "Wait.");
  const stub = new StubConnection();
  const owner: Mysql2Connection = Object(stub);
  const pool = poolOf(owner, turns);
  const take = async (): Promise<Taken> => Object(await pool.getConnection());
  return { stub, pool, take };
}

it("has the connection's own queries and prepared statements", async () => {
  const { stub, pool } = start();
  expect(await pool.query("select ?", [1])).toEqual(["query", stub, ["select ?", [1]]]);
  expect(await pool.execute("select ?", [1])).toEqual(["execute", stub, ["select ?", [1]]]);
});

it("a connection of it is the same one in a turn of its own", async () => {
  const { stub, pool, take } = start();
  const taken = await take();
  expect(await taken.query("begin", [1])).toEqual(["query", stub, ["begin", [1]]]);
  expect(await taken.execute("select ?", [2])).toEqual(["execute", stub, ["select ?", [2]]]);
  const order: string[] = [];
  const beside = [pool.query("select 1"), pool.execute("select 2")].map((query) =>
    query.then(() => order.push("beside")),
  );
  await taken.query("commit");
  order.push("commit");
  taken.release();
  await Promise.all(beside);
  expect(order).toEqual(["commit", "beside", "beside"]);
  for (const late of [taken.query("select 1"), taken.execute("select 1")]) {
    await expect(late).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
  }
});

it("an iterator's connection streams in its turn, and its end reads what was left unread", async () => {
  const { stub, pool, take } = start();
  const { connection } = await take();
  const rows = connection.query("select ?", [1]).stream();
  expect(stub.connection.sent).toEqual([["select ?", [1]]]);
  expect(stub.connection.rows).toEqual([rows]);
  let isRead = false;
  rows.once("end", () => {
    isRead = true;
  });
  const beside = pool.query("select 1");
  connection.end();
  await beside;
  await expect.poll(() => isRead).toBe(true);
  expect(() => connection.query("select 2")).toThrow(
    expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }),
  );
  expect(stub.connection.sent).toHaveLength(1);
});

it("an iterator's connection that streamed nothing ends its turn, too", async () => {
  const { stub, pool, take } = start();
  const { connection } = await take();
  connection.end();
  expect(await pool.query("select 1")).toEqual(["query", stub, ["select 1"]]);
});

it("an iterator listens to the connection's errors while it reads", async () => {
  const { stub, take } = start();
  const { connection } = await take();
  const errors: Error[] = [];
  const listener = (error: Error): void => void errors.push(error);
  connection.on("error", listener);
  const lost = new Error("lost");
  stub.connection.emit("error", lost);
  connection.off("error", listener);
  expect(stub.connection.listenerCount("error")).toBe(0);
  expect(errors).toEqual([lost]);
});
