/** Closes the connections of one middleware, once no invocation uses them. */
type Close = () => Promise<void>;

/** All middlewares of a process share one listener. */
const toClose = new Set<Close>();
let isClosing = false;

/**
 * Calls `close` on SIGTERM. Lambda sends it to functions with an extension, and kills the process about 300 ms later:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 *
 * @returns a function that cancels this
 */
export function closeOnSigterm(close: Close): () => void {
  if (toClose.size === 0) process.on("SIGTERM", onSigterm);
  toClose.add(close);
  return () => forget(close);
}

function forget(close: Close): void {
  toClose.delete(close);
  if (toClose.size === 0) process.off("SIGTERM", onSigterm);
}

async function onSigterm(): Promise<void> {
  // Ignore repeated SIGTERMs.
  if (isClosing) return;
  isClosing = true;
  // If one fails to close, the others are still closed and the process still ends.
  await Promise.allSettled([...toClose].map((close) => close().finally(() => forget(close))));
  isClosing = false;
  // With a listener Node does not end the process on SIGTERM. If ours was the only one, send the signal again.
  if (process.listenerCount("SIGTERM") === 0) process.kill(process.pid, "SIGTERM");
}
