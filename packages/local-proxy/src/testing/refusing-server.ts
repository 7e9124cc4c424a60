import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Upstream } from "../index.js";

/**
 * Starts a server that answers its first connections with a refusal, as a database does that restarts, and passes the
 * others on to a real server.
 */
export async function startRefusingServer(
  real: Upstream,
  { refusal, times }: { refusal: Buffer; times: number },
): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let left = times;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (left > 0) {
      left -= 1;
      socket.resume();
      socket.end(refusal);
      return;
    }
    const onward = connect(real.port, real.host);
    sockets.add(onward);
    onward.on("error", () => {});
    socket.pipe(onward).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { ...real, host: "127.0.0.1", port: address.port };
}
