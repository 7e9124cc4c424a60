import { fork } from "node:child_process";
import { once } from "node:events";
import type { DescribedError, InvokeMessage, ReplyMessage } from "./lambda-runtime.js";
import { untilStopped } from "./process-state.js";

/** A process like one of Lambda's: it initialises, is invoked, is frozen and thawed. */
export interface ExecutionEnvironment {
  readonly pid: number;
  /** Whether the process has not ended. */
  readonly isRunning: boolean;
  /**
   * Resolves with the handler's result, or rejects with an `InvocationError`. An invocation that takes longer than
   * `remainingMs` (default 10 s), counted from when it was sent, is ended with its process, as Lambda does, if later.
   */
  invoke(event: unknown, invocation?: { remainingMs?: number }): Promise<unknown>;
  /** Stops the process where it is, by the kernel. */
  freeze(): void;
  thaw(): void;
  /** Resolves with true when the process has stopped itself the next time, with false when it has ended. */
  untilFrozen(): Promise<boolean>;
  /** Asks the process to end, as Lambda does where an extension is registered. */
  terminate(): void;
  /** Resolves with the exit code, or the signal, by which the process ended. */
  readonly ended: Promise<number | string>;
  /** Ends the process and tells what it printed. */
  stop(): Promise<string>;
}

/** What an invocation failed with. */
export class InvocationError extends Error {
  /** `handler`: an error that it threw; `timeout`: Lambda ended it; `crash`: the process ended under it. */
  readonly kind: "handler" | "timeout" | "crash";
  readonly code: string | undefined;
  readonly errno: number | undefined;
  readonly revealed: string | undefined;

  constructor(kind: InvocationError["kind"], { name, message, code, errno, revealed }: DescribedError) {
    super(message);
    this.name = name;
    this.kind = kind;
    this.code = code;
    this.errno = errno;
    this.revealed = revealed;
  }
}

/** Given to an invocation beyond its time before its process is ended: enough for a busy machine, and for freezes. */
const GRACE_MS = 5000;

const LAMBDA = { AWS_LAMBDA_FUNCTION_NAME: "test", AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand" };

/** Starts a bundle of `bundleHandler` and waits until its initialisation is done. */
export async function startExecutionEnvironment(
  bundle: string,
  environment: Readonly<Record<string, string>>,
): Promise<ExecutionEnvironment> {
  const child = fork(bundle, {
    env: { ...LAMBDA, ...environment },
    // Not ours: who starts this may itself run with a loader for TypeScript.
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exit = once(child, "exit");
  await Promise.race([
    once(child, "message"),
    exit.then(() => Promise.reject(new Error(`The execution environment did not initialise:\n${output}`))),
  ]);
  const { pid } = child;
  if (pid === undefined) throw new Error("The execution environment has no process id.");

  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const frozen: (() => void)[] = [];
  const end = (kind: "timeout" | "crash", message: string): void => {
    for (const { reject } of waiting.values()) reject(new InvocationError(kind, { name: kind, message }));
    waiting.clear();
  };
  child.on("message", (message: ReplyMessage) => {
    switch (message.kind) {
      case "frozen":
        frozen.shift()?.();
        break;
      case "result":
        waiting.get(message.id)?.resolve(message.result);
        break;
      case "error":
        waiting.get(message.id)?.reject(new InvocationError("handler", message.error));
        break;
      default:
    }
  });
  child.once("exit", (code, signal) => end("crash", `The process ended with ${signal ?? code}:\n${output}`));

  let lastId = 0;
  return {
    pid,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    async invoke(event, { remainingMs = 10_000 } = {}) {
      lastId++;
      const message: InvokeMessage = { id: lastId, event, remainingMs };
      const answer = Promise.withResolvers<unknown>();
      waiting.set(message.id, answer);
      child.send(message, (error) => {
        if (error) answer.reject(new InvocationError("crash", { name: "crash", message: output }));
      });
      const timer = setTimeout(() => {
        end("timeout", `no answer in ${remainingMs} ms`);
        child.kill("SIGKILL");
      }, remainingMs + GRACE_MS);
      try {
        return await answer.promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(message.id);
      }
    },
    freeze: () => process.kill(pid, "SIGSTOP"),
    thaw: () => process.kill(pid, "SIGCONT"),
    terminate: () => process.kill(pid, "SIGTERM"),
    ended: exit.then(([code, signal]) => signal ?? code),
    async untilFrozen() {
      const isFrozen = new Promise<boolean>((resolve) => {
        frozen.push(() => resolve(true));
      });
      // It says so just before, and a thaw that overtakes the freeze would be lost.
      return await Promise.race([isFrozen.then(() => untilStopped(pid)), exit.then(() => false)]);
    },
    async stop() {
      child.kill("SIGKILL");
      await exit;
      return output;
    },
  };
}
