import { setTimeout as delay } from "node:timers/promises";
import type { SharedClock } from "@rds-proxy/lambda-kit/clock";
import { ExecutionEnvironment, InvocationError } from "@rds-proxy/lambda-kit/environment";
import { type Answer, isAnswer, type Task } from "./handlers/task.js";

/** How an invocation ended, as the function's caller sees it. */
export type Outcome = { readonly durationMs: number } & (
  | { readonly answer: Answer }
  | { readonly answer?: undefined; readonly reason: string }
);

const DEFAULT_TIMEOUT_MS = 10_000;

/** Long enough for everything that is sent to a frozen process to wait in its sockets. */
export const shortestFreezeMs = 300;

/** A deployed function with one environment at most: an invocation uses it, or starts one where there is none. */
export class LambdaFunction {
  readonly #program: string;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #clock: SharedClock;
  #environment: ExecutionEnvironment | undefined;
  #isStopped = false;

  /** @param program a bundle of `bundleFunction` */
  constructor(program: string, variables: Readonly<Record<string, string>>, clock: SharedClock) {
    this.#program = program;
    this.#variables = { ...variables, ...clock.environment };
    this.#clock = clock;
  }

  /** The duration of a cold start includes the init phase. */
  async invoke(task: Task, { timeoutMs = DEFAULT_TIMEOUT_MS } = {}): Promise<Outcome> {
    const startedAt = performance.now();
    const environment = await this.#warmOrNew();
    try {
      const answer = await environment.invoke(task, { timeoutMs });
      if (!isAnswer(answer)) throw new Error(`The handler returned ${JSON.stringify(answer)}.`);
      return { durationMs: performance.now() - startedAt, answer };
    } catch (error) {
      if (!(error instanceof InvocationError)) throw error;
      const { code, message } = error;
      const reason = code === undefined ? message : `${code} ${message}`;
      return { durationMs: performance.now() - startedAt, reason };
    }
  }

  /** Freezes the environment, calls `meanwhile`, and advances the clock by most of a long freeze. */
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

  /** Ends the environment, so that the next invocation is a cold start. */
  async retire(): Promise<void> {
    await this.#environment?.stop();
    this.#environment = undefined;
  }

  /** Ends the environment for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.retire();
  }

  async #warmOrNew(): Promise<ExecutionEnvironment> {
    if (this.#environment?.isRunning) return this.#environment;
    this.#environment = await ExecutionEnvironment.start({
      program: [this.#program],
      variables: this.#variables,
      graceMs: 0,
    });
    if (this.#isStopped) await this.retire();
    if (!this.#environment) throw new Error("The function was stopped.");
    return this.#environment;
  }
}
