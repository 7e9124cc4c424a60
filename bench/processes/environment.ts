import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Mark, Memory, Reply, Request } from "./messages.js";

/** What an environment is made from. */
export interface Deployment {
  readonly runtimeFile: string;
  readonly handlerFile: string;
  /** All of the process's environment variables: nothing of this computer's gets in. */
  readonly variables: Readonly<Record<string, string>>;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const lambdaVariables: Readonly<Record<string, string>> = {
  AWS_LAMBDA_FUNCTION_NAME: "bench",
  AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
  LANG: "en_US.UTF-8",
  TZ: ":UTC",
};

/** How much of the last output is kept, to tell why a process ended. */
const keptOutputLength = 4000;

/** Nothing that is measured here takes as long; what does is hanging. */
const patienceMs = 60_000;

/** One process that runs a handler, and that can be frozen and thawed as Lambda does it. */
export class Environment {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = "";
  #isEnded = false;
  #onReply: (reply: Reply) => void = () => undefined;

  /** Starts the process and waits until the handler's module is loaded. */
  static async start(deployment: Deployment, { isProbed = false } = {}): Promise<Environment> {
    const environment = new Environment(deployment, isProbed);
    try {
      await environment.#next("ready");
      return environment;
    } catch (error) {
      await environment.stop();
      throw error;
    }
  }

  private constructor({ runtimeFile, handlerFile, variables }: Deployment, isProbed: boolean) {
    this.#process = fork(runtimeFile, isProbed ? [handlerFile, "probed"] : [handlerFile], {
      env: { ...lambdaVariables, ...variables },
      // Not ours: the benchmark itself runs with a loader for TypeScript.
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#exited = once(this.#process, "exit");
    const keep = (chunk: unknown): void => {
      this.#output = `${this.#output}${chunk}`.slice(-keptOutputLength);
    };
    this.#process.stdout?.on("data", keep);
    this.#process.stderr?.on("data", keep);
    this.#process.on("message", (reply: Reply) => this.#onReply(reply));
    this.#process.on("exit", (code, signal) => {
      this.#isEnded = true;
      const output = this.#output.trim();
      const error = output.split("\n").find((line) => /error: /i.test(line)) ?? output;
      this.#onReply({
        kind: "failed",
        reason: `the process ended (${signal ?? `exit code ${code}`}): ${error}`,
      });
    });
  }

  get isRunning(): boolean {
    return !this.#isEnded;
  }

  /** Runs the handler once. */
  async invoke(): Promise<readonly Mark[]> {
    return (await this.#ask({ kind: "invoke" }, "answered")).marks;
  }

  /** Runs the handler many times, and tells how long each took by the process's own clock. */
  async repeat(count: number): Promise<readonly number[]> {
    return (await this.#ask({ kind: "repeat", count }, "repeated")).durationsMs;
  }

  async memory(): Promise<Memory> {
    return (await this.#ask({ kind: "report-memory" }, "memory")).memory;
  }

  /** Stops the process where it is: it runs no timer, and sees nothing that comes over the network. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  /** The invocation waits at the door of the frozen process, as Lambda delivers it. */
  async invokeWhileFrozen(): Promise<void> {
    const answered = this.#ask({ kind: "invoke" }, "answered");
    this.#process.kill("SIGCONT");
    await answered;
  }

  async stop(): Promise<void> {
    if (this.#isEnded) return;
    this.#process.kill("SIGKILL");
    await this.#exited;
  }

  #ask<Kind extends Reply["kind"]>(request: Request, expected: Kind): Promise<Reply & { kind: Kind }> {
    if (this.#isEnded) return Promise.reject(new Error("the process has ended"));
    const reply = this.#next(expected);
    this.#process.send(request);
    return reply;
  }

  #next<Kind extends Reply["kind"]>(expected: Kind): Promise<Reply & { kind: Kind }> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no answer in ${patienceMs / 1000} s`));
        void this.stop();
      }, patienceMs);
      this.#onReply = (reply) => {
        clearTimeout(timer);
        if (isKind(reply, expected)) resolve(reply);
        else reject(new Error(reply.kind === "failed" ? reply.reason : `an unexpected ${reply.kind}`));
      };
    });
  }
}

function isKind<Kind extends Reply["kind"]>(reply: Reply, kind: Kind): reply is Reply & { kind: Kind } {
  return reply.kind === kind;
}
