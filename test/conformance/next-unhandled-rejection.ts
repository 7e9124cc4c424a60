import { onTestFinished } from "vitest";

/** Replaces Vitest's listener, which would fail the run. */
export function nextUnhandledRejection(): Promise<unknown> {
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  onTestFinished(() => {
    for (const listener of listeners) process.on("unhandledRejection", listener);
  });
  return new Promise((resolve) => process.once("unhandledRejection", resolve));
}
