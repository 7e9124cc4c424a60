import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { onTestFinished } from "vitest";
import { createCertificates } from "../../packages/core/src/testing/certificates.js";

/** A way with TLS to a PostgreSQL without it, by the name localhost, for the test that runs. */
export async function startTlsFront({ host, port }: Pick<DatabaseServer, "host" | "port">): Promise<{
  port: number;
  ca: string;
  connections(): number;
}> {
  const { ca, cert, key } = await createCertificates("localhost");
  let connections = 0;
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write("S");
      const secured = new TLSSocket(socket, {
        isServer: true,
        secureContext: createSecureContext({ cert, key }),
      });
      const server = connect(port, host);
      for (const each of [secured, server]) {
        sockets.add(each);
        each.on("error", () => undefined);
      }
      secured.pipe(server).pipe(secured);
    });
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { port: address.port, ca, connections: () => connections };
}
