import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { InvokeMessage, ResultMessage } from "./lambda-runtime.js";

/** A process like one of Lambda's: it initialises, is invoked, is frozen and thawed. */
export interface ExecutionEnvironment {
  readonly pid: number;
  /** Resolves with the handler's result, or rejects with its error as name, message and code. */
  invoke(event: unknown, invocation?: { remainingMs?: number }): Promise<unknown>;
  /** Stops the process where it is, by the kernel. */
  freeze(): void;
  thaw(): void;
  /** Ends the process and tells what it printed to its standard error. */
  stop(): Promise<string>;
}

const LAMBDA = { AWS_LAMBDA_FUNCTION_NAME: "test", AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand" };

/** Starts a bundle of `bundleHandler` and waits until its initialisation is done. */
export async function startExecutionEnvironment(
  bundle: string,
  environment: Readonly<Record<string, string>>,
): Promise<ExecutionEnvironment> {
  const child = fork(bundle, {
    env: { ...LAMBDA, ...environment },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let errorOutput = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errorOutput += text;
  });
  const exit = once(child, "exit");
  await Promise.race([
    once(child, "message"),
    exit.then(() =>
      Promise.reject(new Error(`The execution environment did not initialise:\n${errorOutput}`)),
    ),
  ]);
  const { pid } = child;
  if (pid === undefined) throw new Error("The execution environment has no process id.");

  let lastId = 0;
  return {
    pid,
    invoke(event, { remainingMs = 10_000 } = {}) {
      lastId++;
      const message: InvokeMessage = { id: lastId, event, remainingMs };
      const answer = answerTo(child, message.id);
      child.send(message);
      return Promise.race([
        answer,
        exit.then(([code]) => Promise.reject(new Error(`The process ended with ${code}:\n${errorOutput}`))),
      ]);
    },
    freeze: () => process.kill(pid, "SIGSTOP"),
    thaw: () => process.kill(pid, "SIGCONT"),
    async stop() {
      child.kill("SIGKILL");
      await exit;
      return errorOutput;
    },
  };
}

function answerTo(child: ChildProcess, id: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: ResultMessage): void => {
      if (message.id !== id) return;
      child.off("message", onMessage);
      if ("error" in message) reject(Object.assign(new Error(message.error.message), message.error));
      else resolve(message.result);
    };
    child.on("message", onMessage);
  });
}
