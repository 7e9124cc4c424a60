import { createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { TestCertificates } from "../../packages/core/src/testing/certificates.js";
import { listenUntilTestFinished } from "../../packages/local-proxy/src/testing/listen-until-test-finished.js";
import { packet } from "./mysql-protocol.js";

/** A hostile server for the running test. */
export interface Attacker {
  readonly port: number;
  /** Connections that were accepted. */
  connects(): number;
  /** What its clients sent, in clear text and inside TLS. */
  received(): Buffer;
}

/** @param attack called with each connection, and a way to begin TLS on it */
export async function startAttacker(
  attack: (socket: Socket, startTls: (certificates: TestCertificates) => TLSSocket) => void,
): Promise<Attacker> {
  const received: Buffer[] = [];
  let connects = 0;
  const listener = createServer({ noDelay: true }, (socket) => {
    connects++;
    attack(socket, ({ cert, key }) => {
      const secured = new TLSSocket(socket, {
        isServer: true,
        secureContext: createSecureContext({ cert, key }),
      });
      secured.on("error", () => undefined);
      secured.on("data", (chunk) => received.push(chunk));
      return secured;
    });
  });
  const { port } = await listenUntilTestFinished(listener);
  return { port, connects: () => connects, received: () => Buffer.concat(received) };
}

/** Reads the client's message before TLS. */
export function afterTlsRequest(socket: Socket, length: number, goOn: () => void): void {
  socket.on("readable", function take() {
    if (socket.read(length) === null) return;
    socket.off("readable", take);
    goOn();
  });
}

/** An OK packet with this sequence number. */
export function mysqlOk(sequence: number): Buffer {
  return packet(sequence, Buffer.from([0, 0, 0, 2, 0, 0, 0]));
}

/** A request for a token with this sequence number. */
export function mysqlTokenRequest(sequence: number): Buffer {
  return packet(sequence, Buffer.from("\xfemysql_clear_password\0", "latin1"));
}
