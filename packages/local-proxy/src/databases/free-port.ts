import { createServer } from "node:net";
import { listenOnLoopback } from "../listening/listen-on-loopback.js";

/** A port of loopback that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
