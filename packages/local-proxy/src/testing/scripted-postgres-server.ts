import { createServer, type Socket } from "node:net";
import type { Upstream } from "../index.js";
import { listenUntilTestFinished } from "./listen-until-test-finished.js";
import { rawMessage } from "./raw-client.js";

/** A `ReadyForQuery` outside of a transaction. */
const scriptedReady: Buffer = rawMessage("Z", "I");

/** A FATAL ErrorResponse. */
export function scriptedFatal(code: string, message: string): Buffer {
  return rawMessage("E", `SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
}

/** The reply to a query: one row with one text column, and ReadyForQuery. */
export function scriptedRow(text: string): Buffer {
  const column = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0xff, 0xff, 0, 0, 0, 0, 0, 0]);
  const length = Buffer.alloc(6);
  length.writeInt16BE(1, 0);
  length.writeInt32BE(Buffer.byteLength(text), 2);
  return Buffer.concat([
    rawMessage("T", Buffer.concat([Buffer.from([0, 1]), Buffer.from("x\0"), column])),
    rawMessage("D", Buffer.concat([length, Buffer.from(text)])),
    rawMessage("C", "SELECT 1\0"),
    scriptedReady,
  ]);
}

/**
 * Starts a PostgreSQL server that lets everybody in. Calls `onRequest` with each chunk after the login, and with the
 * connection's number, from 1.
 */
export async function startScriptedPostgresServer(
  onRequest: (socket: Socket, connection: number, chunk: Buffer) => void,
): Promise<Upstream> {
  let connections = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    socket.once("data", () => {
      socket.on("data", (chunk: Buffer) => onRequest(socket, connection, chunk));
      socket.write(Buffer.concat([rawMessage("R", Buffer.alloc(4)), scriptedReady]));
    });
  });
  const address = await listenUntilTestFinished(server);
  return { ...address, user: "app", database: "app" };
}
