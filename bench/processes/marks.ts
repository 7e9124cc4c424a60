import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Mark } from "./task.js";

/** What happened so far in this process. */
export const marks: Mark[] = [];

export function mark(name: Mark["name"]): void {
  marks.push({ name, at: performance.timeOrigin + performance.now() });
}

/** How a token is told from what else is sent. */
const tokenText = "X-Amz-Signature=";

/**
 * Notes what happens on the sockets of this process, whoever opens them: dialled, TLS done, something came, the token
 * went out. It costs time itself, so cold starts that are probed are apart from those whose whole time counts.
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
