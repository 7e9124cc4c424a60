import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { listenOn } from "./listen-on.js";

/** An open TCP port. */
export interface Listener {
  readonly port: number;
  /** Stops accepting; resolves when the last accepted socket is closed. */
  close(): Promise<void>;
}

/** Listens on an IP address (`port` 0: any free one); rejects with the socket's error. */
export async function listen(
  port: number,
  address: string,
  onSocket: (socket: Socket) => void,
): Promise<Listener> {
  const server = createServer(onSocket);
  const listeningPort = await listenOn(server, port, address);
  // A failed accept, such as too many open files, affects one client only, and that client sees it.
  server.on("error", () => {});
  return {
    port: listeningPort,
    async close() {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
