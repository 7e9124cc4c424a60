import { once } from "node:events";
import type { Server } from "node:net";

/** Listens on an IP address (`port` 0: any free one); resolves with the port, rejects with the socket's error. */
export async function listenOn(server: Server, port: number, address: string): Promise<number> {
  server.listen(port, address);
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server has no TCP address");
  return bound.port;
}
