/** Closes what one middleware holds, when nothing needs it any more. */
type Close = () => Promise<void>;

/** One listener for all of them, however many middlewares a process has. */
const toClose = new Set<Close>();
let isClosing = false;

/**
 * Calls `close` when the process is told to end. Lambda sends SIGTERM to functions with an extension, and ends the
 * process some 300 ms later: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 *
 * @returns forgets about it
 */
export function closeOnSigterm(close: Close): () => void {
  if (toClose.size === 0) process.on("SIGTERM", onSigterm);
  toClose.add(close);
  return () => forget(close);
}

function forget(close: Close): void {
  if (toClose.delete(close) && toClose.size === 0) process.off("SIGTERM", onSigterm);
}

async function onSigterm(): Promise<void> {
  // Said twice, it is done once.
  if (isClosing) return;
  isClosing = true;
  // One that fails to close keeps neither the others nor the process.
  await Promise.allSettled([...toClose].map((close) => close().finally(() => forget(close))));
  isClosing = false;
  // A listener keeps Node from ending the process by itself. Where it was the only one, that is made up for.
  if (process.listenerCount("SIGTERM") === 0) process.kill(process.pid, "SIGTERM");
}
