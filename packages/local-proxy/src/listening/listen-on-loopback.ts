import { once } from "node:events";
import type { Server } from "node:net";

/** Listens on 127.0.0.1 (`port` 0: any free one); resolves with the port, rejects with the socket's error. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  return address.port;
}
