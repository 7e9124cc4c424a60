import { createServer } from "node:net";
import { listenOn } from "../listening/listen-on.js";

/** A free port on 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOn(server, 0, "127.0.0.1");
  await new Promise((resolve) => server.close(resolve));
  return port;
}
