import { createServer } from "node:net";
import { listenOnLoopback } from "../listening/listen-on-loopback.js";

/** A free port on 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
