import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const LISTENER = fileURLToPath(new URL("listener-process.js", import.meta.url));

/** More than a listener with the smallest backlog accepts for a process that is stopped. */
const FILLERS = 8;

/**
 * A port to which connects are never answered, as behind a security group: its listener is stopped and its backlog is full.
 *
 * @param host an address of the loopback interface
 * @param port the port; 0 for any
 */
export async function startSilentListener(host: string, port = 0): Promise<number> {
  const listener = fork(LISTENER, [host, String(port)], { execArgv: [] });
  onTestFinished(() => {
    listener.kill("SIGKILL");
  });
  const [listening]: number[] = await once(listener, "message");
  if (listening === undefined) throw new Error("the listener has no port");
  listener.kill("SIGSTOP");
  const fillers: Socket[] = Array.from({ length: FILLERS }, () => connect(listening, host));
  for (const filler of fillers) filler.on("error", () => undefined);
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
  });
  await once(fillers[0] ?? listener, "connect");
  return listening;
}
