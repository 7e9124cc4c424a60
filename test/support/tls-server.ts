import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import { createCertificates } from "../../packages/core/src/testing/certificates.js";

/** A server of PostgreSQL's protocol with TLS: a way to one that has none. */
export async function startTlsServer({ host, port }: { host: string; port: number }): Promise<{
  port: number;
  caFile: string;
  connections(): number;
}> {
  const { ca, cert, key } = await createCertificates("localhost");
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-connect-"));
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, ca);
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
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    await rm(folder, { recursive: true });
  });
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { port: address.port, caFile, connections: () => connections };
}
