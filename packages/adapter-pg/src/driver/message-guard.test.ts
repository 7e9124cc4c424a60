import { type EventEmitter, once } from "node:events";
import { PassThrough } from "node:stream";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { message, ready } from "../testing/postgres-stub.js";
import { guardMessages } from "./message-guard.js";
import { internalsOf } from "./pg-internals.js";

const CLEARTEXT_PASSWORD = message("R", Buffer.from([0, 0, 0, 3]));
const MD5_PASSWORD = message("R", Buffer.from([0, 0, 0, 5, 1, 2, 3, 4]));

/** The stream that messages come from, and what the parser gets. */
function attach(isByToken = true, parse: (chunk: Buffer) => void = () => undefined) {
  const { connection } = new pg.Client();
  const events: unknown[] = [];
  Object.assign(connection, {
    attachListeners(stream: EventEmitter) {
      expect(this).toBe(connection);
      stream.on("data", (chunk: Buffer) => {
        events.push(chunk);
        parse(chunk);
      });
      stream.on("end", () => events.push("end"));
    },
  });
  guardMessages(connection, isByToken);
  const stream = new PassThrough();
  internalsOf(connection).attachListeners(stream);
  return { stream, events, failed: once(stream, "error") };
}

describe("a guarded stream", () => {
  it("passes a server's messages on, and its end", async () => {
    const { stream, events } = attach();
    stream.write(ready("I"));
    stream.end();
    await expect.poll(() => events).toHaveLength(2);
    expect(events).toEqual([ready("I"), "end"]);
  });

  it("is destroyed at a message that cannot be read, which the parser does not see", async () => {
    const { stream, events, failed } = attach();
    stream.write(Buffer.from([0x44, 0, 0, 0, 3]));
    expect(await failed).toMatchObject([
      {
        message: "A message of the server could not be processed: its length is 3",
        cause: { message: "its length is 3" },
      },
    ]);
    expect(stream.destroyed).toBe(true);
    expect(events).toEqual([]);
  });

  it.each([
    ["an error", new Error("of the parser"), "of the parser"],
    ["anything else", "a text", "a text"],
  ])("is destroyed when the parser throws %s", async (_, thrown, reason) => {
    const { stream, failed } = attach(true, () => {
      throw thrown;
    });
    stream.write(ready("I"));
    const [error] = await failed;
    expect(error).toMatchObject({ message: expect.stringMatching(`: ${reason}$`) });
    expect(error.cause).toBe(thrown);
  });

  it("is destroyed at a request that a token does not answer", async () => {
    const { stream, events, failed } = attach();
    stream.write(CLEARTEXT_PASSWORD);
    stream.write(MD5_PASSWORD);
    expect(await failed).toMatchObject([{ cause: { code: "RDS_PROXY_REFUSED" } }]);
    expect(events).toEqual([CLEARTEXT_PASSWORD]);
  });

  it("passes on what a secret's password answers", async () => {
    const { stream, events } = attach(false);
    stream.write(MD5_PASSWORD);
    await expect.poll(() => events).toHaveLength(1);
    expect(stream.destroyed).toBe(false);
  });
});
