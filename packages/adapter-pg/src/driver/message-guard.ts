import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type pg from "pg";
import { AuthenticationRequests } from "./authentication-requests.js";
import { MessageChecks } from "./message-checks.js";
import { internalsOf } from "./pg-internals.js";

/**
 * Checks messages before node-postgres's parser reads them. The parser throws at messages that it cannot read, or loops
 * forever. In an event of a socket that would end or hang the process, so such a connection is closed instead and fails like a
 * lost one. The same happens if the server sends an authentication request that must not be answered.
 *
 * Before TLS there is no parser: node-postgres reads one byte, and fails unless it is "S".
 *
 * @param isByToken false if a secret's password logs in
 */
export function guardMessages(connection: pg.Connection, isByToken: boolean): void {
  const internals = internalsOf(connection);
  const attachListeners = internals.attachListeners.bind(connection);
  internals.attachListeners = (stream: Duplex) => attachListeners(guarded(stream, isByToken));
}

/** The events of a stream that the parser uses. */
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
      stream.destroy(new Error(`A message of the server could not be processed: ${reason}`, { cause }));
    }
  });
  stream.on("end", () => checked.emit("end"));
  return checked;
}
