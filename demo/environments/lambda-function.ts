import { setTimeout as delay } from "node:timers/promises";
import type { Task } from "../handlers/task.js";
import { type Deployment, ExecutionEnvironment, type Outcome } from "./execution-environment.js";
import { lambdaVariables } from "./lambda-variables.js";
import type { WallClock } from "./wall-clock.js";

/** What a Lambda function is given where nothing else is said here. */
const usualTimeoutMs = 10_000;

/** Long enough for everything that is sent to a frozen process to wait in its sockets. */
export const shortestFreezeMs = 300;

/** A deployed function with one environment: invoked when cold, it starts one; else it uses the one it has. */
export class LambdaFunction {
  readonly #deployment: Deployment;
  readonly #clock: WallClock;
  #environment: ExecutionEnvironment | undefined;
  #isStopped = false;

  constructor({ variables, ...files }: Deployment, clock: WallClock) {
    this.#deployment = { ...files, variables: { ...lambdaVariables, ...variables } };
    this.#clock = clock;
  }

  /** The time of a cold start counts, the init phase included. */
  async invoke(task: Task, { timeoutMs = usualTimeoutMs } = {}): Promise<Outcome> {
    const startedAt = performance.now();
    const environment = await this.#warmOrNew();
    const outcome = await environment.invoke({ task, timeoutMs, clockOffsetMs: this.#clock.offsetMs });
    return { ...outcome, durationMs: performance.now() - startedAt };
  }

  /** Freezes the environment, lets something happen meanwhile, and puts the clock forward for most of a long freeze. */
  async freeze(durationMs: number, meanwhile: () => void): Promise<void> {
    const environment = this.#environment;
    if (!environment) throw new Error("There is no environment to freeze.");
    environment.freeze();
    try {
      await delay(shortestFreezeMs / 2);
      meanwhile();
      await delay(shortestFreezeMs / 2);
      this.#clock.advance(durationMs - shortestFreezeMs);
    } finally {
      environment.thaw();
    }
  }

  /** Takes the environment away, so that the next invocation is a cold start. */
  async retire(): Promise<void> {
    await this.#environment?.stop();
    this.#environment = undefined;
  }

  /** The same for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.retire();
  }

  async #warmOrNew(): Promise<ExecutionEnvironment> {
    if (this.#environment?.isRunning) return this.#environment;
    this.#environment = await ExecutionEnvironment.start(this.#deployment);
    if (this.#isStopped) await this.retire();
    if (!this.#environment) throw new Error("The function was stopped.");
    return this.#environment;
  }
}
