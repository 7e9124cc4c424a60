import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/**
 * Starts a server on loopback. It and its connections are closed when the test has finished.
 *
 * @param onConnection called with each connection and its number, from 1
 */
export async function listenUntilTestFinished(
  onConnection: (socket: Socket, connection: number) => void,
): Promise<{ readonly host: string; readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket, sockets.size);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { host: "127.0.0.1", port: address.port };
}
