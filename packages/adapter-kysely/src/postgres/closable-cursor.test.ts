import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import type { PostgresCursor, PostgresCursorConstructor } from "kysely";
import { describe, expect, it } from "vitest";
import { closableCursor } from "./closable-cursor.js";

/** As much of node-postgres's connection as cursors use. */
class StubConnection extends EventEmitter {
  readonly stream: PassThrough = new PassThrough();
}

/** A cursor whose closing the test decides. */
function start({ isSent = true } = {}) {
  const connection = new StubConnection();
  const answer = Promise.withResolvers<void>();
  const calls: string[] = [];
  class StubCursor<Row> implements PostgresCursor<Row> {
    readonly connection = isSent ? connection : null;

    async read(): Promise<Row[]> {
      return [];
    }

    async close(): Promise<void> {
      calls.push("close");
      await answer.promise;
    }
  }
  const Cursor: PostgresCursorConstructor = closableCursor(StubCursor);
  return { connection, answer, calls, cursor: new Cursor("select 1", []) };
}

describe("closing a cursor", () => {
  it("waits for the server's answer", async () => {
    const { connection, answer, calls, cursor } = start();
    let isClosed = false;
    const closed = cursor.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toEqual(["close"]);
    expect(isClosed).toBe(false);
    answer.resolve();
    await closed;
    expect(connection.listenerCount("end")).toBe(0);
  });

  it("fails as the cursor's own method does", async () => {
    const { connection, answer, cursor } = start();
    answer.reject(new Error("no such portal"));
    await expect(cursor.close()).rejects.toThrow("no such portal");
    expect(connection.listenerCount("end")).toBe(0);
  });

  it("ends when the connection is lost meanwhile", async () => {
    const { connection, calls, cursor } = start();
    const closed = cursor.close();
    connection.emit("end");
    await closed;
    expect(calls).toEqual(["close"]);
  });

  it("sends nothing on a connection that was lost before", async () => {
    const { connection, calls, cursor } = start();
    connection.stream.destroy();
    await cursor.close();
    expect(calls).toEqual([]);
  });

  it("is left to the cursor itself before it is sent", async () => {
    const { answer, calls, cursor } = start({ isSent: false });
    answer.resolve();
    await cursor.close();
    expect(calls).toEqual(["close"]);
  });
});
