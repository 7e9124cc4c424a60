import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Answer } from "../handlers/task.js";
import { type Invocation, isReply, type Reply } from "./messages.js";

/** How an invocation ended, as the caller of the function sees it. */
export type Outcome = { readonly durationMs: number } & (
  | { readonly answer: Answer }
  | { readonly answer?: undefined; readonly reason: string }
);

/** What an environment is made from. */
export interface Deployment {
  readonly runtimeFile: string;
  readonly handlerFile: string;
  /** All of the process's environment variables: nothing of this computer's gets in. */
  readonly variables: Readonly<Record<string, string>>;
}

/** How much of the last output is kept, to tell why a process ended. */
const keptOutputLength = 4000;

/** One process that runs a handler, and that can be frozen and thawed as Lambda does it. */
export class ExecutionEnvironment {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = "";
  #onReply: (reply: Reply) => void = () => undefined;

  /** Starts the process and waits until the handler's module is loaded. */
  static async start(deployment: Deployment): Promise<ExecutionEnvironment> {
    const environment = new ExecutionEnvironment(deployment);
    const reply = await environment.#nextReply();
    if (reply.kind === "ready") return environment;
    await environment.stop();
    throw new Error(`An execution environment did not start.\n${environment.#output}`);
  }

  private constructor({ runtimeFile, handlerFile, variables }: Deployment) {
    this.#process = fork(runtimeFile, [handlerFile], {
      env: { ...variables },
      // Not ours: the demo itself runs with a loader for TypeScript.
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#ended = once(this.#process, "exit");
    const keep = (chunk: unknown): void => {
      this.#output = `${this.#output}${chunk}`.slice(-keptOutputLength);
    };
    this.#process.stdout?.on("data", keep);
    this.#process.stderr?.on("data", keep);
    this.#process.on("message", (message) => {
      if (isReply(message)) this.#onReply(message);
    });
    this.#process.on("exit", (code, signal) => {
      const output = this.#output.trim();
      const error = output.split("\n").findLast((line) => /^\w*error: /i.test(line)) ?? output;
      this.#onReply({
        kind: "failed",
        reason: `the process ended (${signal ?? `exit code ${code}`}): ${error}`,
      });
    });
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Runs the handler once. After the timeout the process is killed, as Lambda does it. */
  async invoke(invocation: Invocation): Promise<Outcome> {
    const startedAt = performance.now();
    const timeout = setTimeout(() => {
      this.#onReply({
        kind: "failed",
        reason: `no answer, timed out after ${invocation.timeoutMs / 1000} s`,
      });
      void this.stop();
    }, invocation.timeoutMs);
    const replied = this.#nextReply();
    this.#process.send(invocation);
    const reply = await replied;
    clearTimeout(timeout);
    const durationMs = performance.now() - startedAt;
    switch (reply.kind) {
      case "answered":
        return { durationMs, answer: reply.answer };
      case "failed":
        return { durationMs, reason: reply.reason };
      case "ready":
        throw new Error("the environment said twice that it is ready");
      default:
        return reply satisfies never;
    }
  }

  /** Stops the process where it is: from now on it runs no timer, and sees nothing that comes over the network. */
  freeze(): void {
    if (!this.#process.kill("SIGSTOP")) throw new Error("The execution environment could not be frozen.");
  }

  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#process.kill("SIGKILL");
    await this.#ended;
  }

  #nextReply(): Promise<Reply> {
    return new Promise((resolve) => {
      this.#onReply = resolve;
    });
  }
}
