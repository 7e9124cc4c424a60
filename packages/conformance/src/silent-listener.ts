import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { onTestFinished } from "vitest";

/** More connections than a listener with the smallest backlog accepts while its process is stopped. */
const FILLERS = 8;

const LISTENER = `
  const [host, port] = process.argv.slice(1);
  const server = require("node:net").createServer();
  server.listen({ host, port: Number(port), backlog: 1 }, () => process.send(server.address().port));
`;

/**
 * A port that answers no connect, as behind a security group: the process that listens is stopped, and its backlog is full.
 *
 * @param host an address of the loopback interface
 * @param port 0 for any
 * @returns the port
 */
export async function startSilentListener(host: string, port = 0): Promise<number> {
  const listener = spawn(process.execPath, ["-e", LISTENER, host, String(port)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  onTestFinished(() => {
    listener.kill("SIGKILL");
  });
  const [listening]: number[] = await once(listener, "message");
  if (listening === undefined) throw new Error("the listener has no port");
  listener.kill("SIGSTOP");
  const fillers = Array.from({ length: FILLERS }, () => connect(listening, host));
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
  });
  for (const filler of fillers) filler.on("error", () => undefined);
  // The kernel accepts the first ones.
  await Promise.any(fillers.map((filler) => once(filler, "connect")));
  return listening;
}
