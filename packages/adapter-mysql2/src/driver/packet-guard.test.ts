import { PassThrough } from "node:stream";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { guardPackets } from "./packet-guard.js";

const OK = 0x00;
const ERR = 0xff;

/** As much of mysql2's connection as is looked at. */
function createConnection() {
  const handlePacket = vi.fn();
  const stream = new PassThrough();
  stream.on("error", () => undefined);
  const connection = { sequenceId: 1, _command: {} as object | null, _closing: false, handlePacket, stream };
  Reflect.apply(guardPackets, undefined, [connection]);
  const receive = (sequenceId: number, firstByte = OK): void =>
    connection.handlePacket({ sequenceId, peekByte: () => firstByte });
  return { connection, handlePacket, stream, receive };
}

let guarded: ReturnType<typeof createConnection>;
beforeEach(() => {
  guarded = createConnection();
});

describe("a packet", () => {
  it("that arrives in order is passed to the command, and so is the start of a command", () => {
    for (let count = 0; count < 100; count++) guarded.receive(1);
    guarded.connection.handlePacket();
    expect(guarded.handlePacket).toHaveBeenCalledTimes(101);
  });

  it("that mysql2 keeps for the reader of a paused stream is passed on", () => {
    Object.assign(guarded.connection, { _paused: true, _command: null, _closing: true });
    guarded.receive(7);
    expect(guarded.handlePacket).toHaveBeenCalledOnce();
    expect(guarded.stream.destroyed).toBe(false);
  });

  it("with an error passes as if in order, so that nothing is printed about it", () => {
    guarded.receive(0, ERR);
    expect(guarded.handlePacket).toHaveBeenCalledOnce();
    expect(guarded.connection.sequenceId).toBe(0);
  });

  it("out of order is reported by mysql2, until there are too many", () => {
    const destroy = vi.spyOn(guarded.stream, "destroy");
    for (let count = 0; count < 100; count++) guarded.receive(7);
    expect(guarded.handlePacket).toHaveBeenCalledTimes(16);
    expect(destroy).toHaveBeenCalledOnce();
    expect(guarded.stream.errored).toMatchObject({
      code: "PROTOCOL_PACKETS_OUT_OF_ORDER",
      message: "The server sent packets that no command was waiting for.",
    });
  });

  it("without a command is handled once, and the connection is closed at the next one", () => {
    guarded.connection._command = null;
    guarded.receive(5);
    expect(guarded.handlePacket).toHaveBeenCalledOnce();
    expect(guarded.stream.destroyed).toBe(false);
    guarded.connection._closing = true;
    guarded.receive(6);
    expect(guarded.handlePacket).toHaveBeenCalledOnce();
    expect(guarded.stream.destroyed).toBe(true);
  });
});
