import { connect, createServer } from "node:net";
import type { Upstream } from "../index.js";
import { listenUntilTestFinished } from "./listen-until-test-finished.js";

/**
 * Starts a server that answers its first connections with a refusal, as a database does that restarts, and passes the
 * others on to a real server.
 */
export async function startRefusingServer(
  real: Upstream,
  { refusal, times }: { refusal: Buffer; times: number },
): Promise<Upstream> {
  let left = times;
  const server = createServer((socket) => {
    if (left > 0) {
      left -= 1;
      socket.resume();
      socket.end(refusal);
      return;
    }
    const onward = connect(real.port, real.host);
    onward.on("error", () => {});
    socket.on("close", () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  const address = await listenUntilTestFinished(server);
  return { ...real, ...address };
}
