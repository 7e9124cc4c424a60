import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { onTestFinished } from "vitest";

/**
 * Lets a server listen on loopback. It and its connections are closed when the test has finished.
 *
 * @returns its address
 */
export async function listenUntilTestFinished(
  server: Server,
): Promise<{ readonly host: string; readonly port: number }> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    // A 'close' event follows.
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { host: "127.0.0.1", port: address.port };
}
