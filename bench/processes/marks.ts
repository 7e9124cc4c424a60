import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Mark } from "./task.js";

/** The marks of this process. */
export const marks: Mark[] = [];

export function mark(name: Mark["name"]): void {
  marks.push({ name, at: performance.timeOrigin + performance.now() });
}

/** A part of every token, and of nothing else that is sent. */
const tokenText = "X-Amz-Signature=";

/**
 * Records the events of all sockets of this process: dial, end of the TLS handshake, received data, sent token. This takes time
 * itself, so the total time of a cold start is measured in other processes.
 */
export function watchSockets(): void {
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function connectAndMark(this: Socket, ...args: never[]) {
    mark("dialled");
    return Reflect.apply(connect, this, args);
  };
  const { emit, write } = TLSSocket.prototype;
  TLSSocket.prototype.emit = function emitAndMark(
    this: TLSSocket,
    event: string | symbol,
    ...args: unknown[]
  ) {
    if (event === "secureConnect") mark("secured");
    if (event === "data") mark("heard");
    return Reflect.apply(emit, this, [event, ...args]);
  };
  TLSSocket.prototype.write = function writeAndMark(this: TLSSocket, chunk: unknown, ...args: unknown[]) {
    if (chunk instanceof Uint8Array && Buffer.from(chunk).includes(tokenText)) mark("token sent");
    return Reflect.apply(write, this, [chunk, ...args]);
  };
}
