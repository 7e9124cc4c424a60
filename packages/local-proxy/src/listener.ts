import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** An open TCP port. */
export interface Listener {
  readonly port: number;
  /** Accepts nobody any more; resolves when the last accepted socket is closed. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 (`port` 0: any free one); rejects when the port cannot be had. */
export async function listen(port: number, onSocket: (socket: Socket) => void): Promise<Listener> {
  const server = createServer(onSocket);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  // A failed accept (too many open files, say) concerns one client, which sees it for itself.
  server.on("error", () => {});
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the listener has no TCP address");
  return {
    port: address.port,
    async close() {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
