import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type pg from "pg";
import { AuthenticationRequests } from "./authentication-requests.js";
import { MessageChecks } from "./message-checks.js";
import { internalsOf } from "./pg-internals.js";

/**
 * Stands between a connection's socket and node-postgres's parser, which throws at messages that it cannot read, and
 * at some never comes to an end: from a socket's event, that would end or hang the process. Such a connection is closed
 * instead, and fails like any other that breaks. The same happens when a login is asked for more than it gives.
 *
 * Before TLS there is no parser: node-postgres takes one byte then, and ends at any other than "S".
 *
 * @param isByToken false where the password of a secret logs in
 */
export function guardMessages(connection: pg.Connection, isByToken: boolean): void {
  const internals = internalsOf(connection);
  const attachListeners = internals.attachListeners.bind(connection);
  internals.attachListeners = (stream: Duplex) => attachListeners(guarded(stream, isByToken));
}

/** As much of a stream as the parser looks at. */
function guarded(stream: Duplex, isByToken: boolean): EventEmitter {
  const checked = new EventEmitter();
  const requests = new AuthenticationRequests(isByToken);
  const checks = new MessageChecks((code) => requests.check(code));
  stream.on("data", (chunk: Buffer) => {
    try {
      checks.check(chunk);
      checked.emit("data", chunk);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      stream.destroy(new Error(`A message of the server could not be handled: ${reason}`, { cause }));
    }
  });
  stream.on("end", () => checked.emit("end"));
  return checked;
}
