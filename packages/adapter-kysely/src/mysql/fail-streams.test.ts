import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { internalsOf } from "@rds-proxy/adapter-mysql2/driver";
import type { Connection } from "mysql2";
import { describe, expect, it } from "vitest";
import { failStreams } from "./fail-streams.js";

/** As much of mysql2's connection as streams use; its rows never end by themselves. */
class StubConnection {
  readonly stream: PassThrough = new PassThrough();
  readonly calls: unknown[][] = [];
  readonly rows: Readable = new Readable({ objectMode: true, read: () => undefined });

  query(...args: unknown[]): object {
    this.calls.push(["query", ...args]);
    const stream = (...options: unknown[]): Readable => {
      this.calls.push(["stream", ...options]);
      return this.rows;
    };
    return { stream };
  }
}

function start() {
  const stub = new StubConnection();
  const connection: Connection = Object(stub);
  failStreams(connection);
  return { stub, query: internalsOf(connection).query };
}

describe("rows of a streamed query", () => {
  it.each([
    ["the socket's error, if it had one", new Error("read ECONNRESET"), "read ECONNRESET"],
    ["an error that says so otherwise", undefined, "The connection was closed while rows were read."],
  ])("fail when the connection is lost, with %s", async (_with, error, message) => {
    const { stub, query } = start();
    const rows = query("select 1", [1]).stream({ objectMode: true });
    expect(rows).toBe(stub.rows);
    stub.stream.on("error", () => undefined);
    const failed = once(rows, "error");
    stub.stream.destroy(error);
    expect(await failed).toEqual([new Error(message)]);
    expect(stub.calls).toEqual([
      ["query", "select 1", [1]],
      ["stream", { objectMode: true }],
    ]);
  });

  it("do not listen to the socket any longer once they are read", async () => {
    const { stub, query } = start();
    const before = stub.stream.listenerCount("close");
    const rows = query("select 1").stream();
    expect(stub.stream.listenerCount("close")).toBe(before + 1);
    rows.destroy();
    await once(rows, "close");
    expect(stub.stream.listenerCount("close")).toBe(before);
  });

  it("are those of mysql2 where a callback takes the result", () => {
    const { stub, query } = start();
    const before = stub.stream.listenerCount("close");
    const rows = query("select ?", [1], () => undefined).stream();
    expect(rows).toBe(stub.rows);
    expect(stub.stream.listenerCount("close")).toBe(before);
  });
});
