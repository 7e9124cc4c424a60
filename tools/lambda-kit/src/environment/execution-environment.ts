import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { DescribedError, Reply } from "../runtime/messages.js";
import { lambdaVariables } from "./lambda-variables.js";
import { untilStopped } from "./process-state.js";
import { messageLink, type RuntimeLink, runtimeApiLink } from "./runtime-link.js";

/** What an environment is made from. */
export interface Deployment {
  /** A bundle that serves invocations, and its arguments. */
  readonly program: readonly [file: string, ...args: string[]];
  /** All of the process's environment variables but Lambda's own. It inherits none. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * What runs the handler: `messages`, the kit's own runtime; `bundled`, a client of the Runtime API that the program has; or the
   * path of one that loads the program as the function's module. Default: TEST_RUNTIME_CLIENT if it is set, else `messages`.
   */
  readonly runtime?: "messages" | "bundled" | (string & {}) | undefined;
  /**
   * Stops the process with SIGSTOP whenever it has nothing to do, as Lambda does as soon as the runtime asks for the next
   * invocation, and lets it go on with the next one.
   */
  readonly freezesBetween?: boolean | undefined;
  /**
   * How long a process may exceed an invocation's timeout before it is killed, in ms. Default 5000, enough for a busy machine,
   * so that a test sees how the invocation ends by itself. Lambda itself gives 0.
   */
  readonly graceMs?: number;
}

/** Why an invocation failed. */
export class InvocationError extends Error {
  /** `handler`: it threw an error; `timeout`: the process was killed after the timeout; `crash`: the process ended by itself. */
  readonly kind: "handler" | "timeout" | "crash";
  readonly code: string | undefined;
  readonly errno: number | undefined;
  readonly sent: number | undefined;
  readonly revealed: string | undefined;

  constructor(kind: InvocationError["kind"], { name, message, code, errno, sent, revealed }: DescribedError) {
    super(message);
    this.name = name;
    this.kind = kind;
    this.code = code;
    this.errno = errno;
    this.sent = sent;
    this.revealed = revealed;
  }
}

/** How an invocation is sent. */
export interface InvokeOptions {
  /** The function's timeout. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** The context's `tenantId`. */
  readonly tenantId?: string | undefined;
}

const DEFAULT_GRACE_MS = 5000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** What AWS's client prints of each error that a handler throws. */
const ERROR_REPORTS = /^\S+\t\S+\tERROR\tInvoke Error \t\{.*\}\n/gm;

/** How much of a process's output an error shows where no line of it is an error's, in characters. */
const SHOWN_OUTPUT = 4000;

/** A process like one of Lambda's execution environments: it initialises, is invoked, is frozen and thawed. */
export class ExecutionEnvironment {
  readonly #process: ChildProcess;
  readonly #link: RuntimeLink;
  readonly #graceMs: number;
  readonly #freezesBetween: boolean;
  readonly #invocations = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #freezes: (() => void)[] = [];
  readonly #ready = Promise.withResolvers<void>();
  /** Resolves with the exit code or the signal with which the process ended. */
  readonly ended: Promise<number | string>;
  #output = "";
  #lastId = 0;

  /** Starts the process and waits until the handler's module is loaded, or the process is ready for a snapshot. */
  static async start(deployment: Deployment): Promise<ExecutionEnvironment> {
    const environment = new ExecutionEnvironment(deployment, await linkFor(deployment));
    const failed = environment.ended.then(() =>
      Promise.reject(new Error(`The execution environment did not initialise:\n${environment.#output}`)),
    );
    await Promise.race([environment.#ready.promise, failed]);
    // From here on an end of the process is no failed start.
    failed.catch(() => undefined);
    return environment;
  }

  private constructor(
    { variables, graceMs = DEFAULT_GRACE_MS, freezesBetween = false }: Deployment,
    link: RuntimeLink,
  ) {
    this.#graceMs = graceMs;
    this.#freezesBetween = freezesBetween;
    this.#link = link;
    const [file, ...args] = link.program;
    this.#process = fork(file, args, {
      env: { ...lambdaVariables, ...link.variables, ...variables },
      // This process may itself run with a loader for TypeScript.
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.ended = once(this.#process, "exit").then(([code, signal]) => signal ?? code);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
    }
    link.listen(this.#process, (reply) => this.#receive(reply));
    this.#process.once("exit", (code, signal) => {
      this.#failAll(
        "crash",
        `the process ended (${signal ?? `exit code ${code}`}): ${errorLine(this.#output)}`,
      );
    });
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error("The execution environment has no process id.");
    return pid;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /**
   * Resolves with the handler's result or rejects with an `InvocationError`. An invocation that exceeds its timeout (default
   * 10 s), counted from when it was sent, and the deployment's grace, ends with its process.
   */
  async invoke(
    event: unknown,
    { timeoutMs = DEFAULT_TIMEOUT_MS, tenantId }: InvokeOptions = {},
  ): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#invocations.set(id, answer);
    if (this.#freezesBetween) this.thaw();
    if (this.isRunning) this.#link.send({ id, event, timeoutMs, tenantId });
    else answer.reject(new InvocationError("crash", { name: "crash", message: this.#output }));
    const timer = setTimeout(() => {
      // Lambda's own message.
      this.#failAll("timeout", `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`);
      this.#process.kill("SIGKILL");
    }, timeoutMs + this.#graceMs);
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#invocations.delete(id);
    }
  }

  /** Stops the process with SIGSTOP: it runs no timer and sees nothing that comes over the network. */
  freeze(): void {
    if (!this.#process.kill("SIGSTOP")) throw new Error("The execution environment could not be frozen.");
  }

  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  /** Resolves with true when the process has stopped itself the next time, with false when it has ended. */
  async untilFrozen(): Promise<boolean> {
    const isFrozen = new Promise<boolean>((resolve) => {
      this.#freezes.push(() => resolve(true));
    });
    // The message comes just before the stop, and a thaw that overtakes the freeze would be lost.
    return await Promise.race([isFrozen.then(() => untilStopped(this.pid)), this.ended.then(() => false)]);
  }

  /** Thaws a process that was frozen as a snapshot: its `/restore/next`, if it has asked for that, is answered. */
  restore(): void {
    this.#link.restore();
    this.thaw();
  }

  /** Sends SIGTERM, as Lambda does where an extension is registered. */
  terminate(): void {
    this.#process.kill("SIGTERM");
    if (this.#freezesBetween) this.thaw();
  }

  /** Kills the process and resolves with what it printed, without the errors of invocations that AWS's client prints. */
  async stop(): Promise<string> {
    this.#process.kill("SIGKILL");
    await this.ended;
    await this.#link.close();
    return this.#output.replace(ERROR_REPORTS, "");
  }

  /** Everything that the process has printed so far. */
  get output(): string {
    return this.#output;
  }

  #receive(reply: Reply): void {
    switch (reply.kind) {
      case "ready":
      case "captured":
        this.#ready.resolve();
        break;
      case "idle":
        if (this.#freezesBetween && this.isRunning && this.#invocations.size === 0) this.freeze();
        break;
      case "frozen":
        this.#freezes.shift()?.();
        break;
      case "result":
        this.#take(reply.id)?.resolve(reply.result);
        break;
      case "error":
        this.#take(reply.id)?.reject(new InvocationError("handler", reply.error));
        break;
      default:
        reply satisfies never;
    }
  }

  #take(id: number): PromiseWithResolvers<unknown> | undefined {
    const answer = this.#invocations.get(id);
    this.#invocations.delete(id);
    return answer;
  }

  #failAll(kind: "timeout" | "crash", message: string): void {
    for (const { reject } of this.#invocations.values()) {
      reject(new InvocationError(kind, { name: kind, message }));
    }
    this.#invocations.clear();
  }
}

async function linkFor({ program, variables, runtime }: Deployment): Promise<RuntimeLink> {
  const kind = runtime ?? (process.env["TEST_RUNTIME_CLIENT"] || "messages");
  if (kind === "messages") return messageLink(program);
  return await runtimeApiLink(program, kind === "bundled" ? undefined : kind, variables);
}

/** The line of an uncaught error in a process's output; the end of the output where there is none. */
function errorLine(output: string): string {
  const text = output.trim();
  return text.split("\n").findLast((line) => /^\w*error: /i.test(line)) ?? text.slice(-SHOWN_OUTPUT);
}
