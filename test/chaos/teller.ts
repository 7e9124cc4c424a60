import { setTimeout as delay } from "node:timers/promises";
import { ExecutionEnvironment, InvocationError } from "@rds-proxy/lambda-kit/environment";
import type { Order } from "./order.js";

/** An order, and how its invocation ended: with a response, with an error, or with its process killed by a fault. */
export interface Outcome {
  readonly order: Order;
  readonly end: "answered" | "killed" | InvocationError;
  /** The handler's, if it answered. */
  readonly answer: unknown;
  /** By the monotonic clock of this process, in ms. */
  readonly invokedAt: number;
  readonly endedAt: number;
}

/** What a teller is made from. */
export interface TellerOptions {
  readonly bundle: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Its next order. */
  next(): Order;
}

/** An execution environment that runs transactions, and the next one after that has ended. */
export class Teller {
  readonly outcomes: Outcome[] = [];
  /** What its processes printed; anything is a failure. */
  readonly printed: string[] = [];
  /** Processes that were started. */
  starts = 0;
  readonly #options: TellerOptions;
  readonly #killed = new WeakSet<ExecutionEnvironment>();
  #environment: ExecutionEnvironment | undefined;
  #frozenForMs = 0;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Invokes until `isOver` returns true. */
  async work(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const order = this.#options.next();
      await this.carryOut(order);
      await delay(order.pauseMs);
    }
  }

  /** One invocation; a cold start where there is no environment. */
  async carryOut(order: Order): Promise<Outcome> {
    this.#frozenForMs = order.frozenForMs;
    const environment = await this.#warmOrNew();
    const invokedAt = performance.now();
    const ended = await environment.invoke(order.script, { timeoutMs: order.timeoutMs }).then(
      (answer): Pick<Outcome, "end" | "answer"> => ({ end: "answered", answer }),
      (error: unknown): Pick<Outcome, "end" | "answer"> => {
        if (!(error instanceof InvocationError)) throw error;
        const isKilled = error.kind === "crash" && this.#killed.has(environment);
        return { end: isKilled ? "killed" : error, answer: undefined };
      },
    );
    const outcome = { order, ...ended, invokedAt, endedAt: performance.now() };
    this.outcomes.push(outcome);
    // Its process was killed and may not have ended yet.
    if (outcome.end instanceof InvocationError && outcome.end.kind === "timeout") await this.stop();
    return outcome;
  }

  /** Freezes the process for a time, at any point. */
  async freeze(durationMs: number): Promise<void> {
    const environment = this.#environment;
    if (!environment?.isRunning) return;
    environment.freeze();
    await delay(durationMs);
    if (environment.isRunning) environment.thaw();
  }

  /** Kills the environment, as Lambda does after a timeout or when it scales in. */
  async kill(): Promise<void> {
    const environment = this.#environment;
    if (!environment?.isRunning) return;
    this.#killed.add(environment);
    await this.stop();
  }

  async stop(): Promise<void> {
    const environment = this.#environment;
    this.#environment = undefined;
    const printed = await environment?.stop();
    if (printed) this.printed.push(printed);
  }

  async #warmOrNew(): Promise<ExecutionEnvironment> {
    if (this.#environment?.isRunning) return this.#environment;
    await this.stop();
    this.starts++;
    const { bundle, variables } = this.#options;
    const environment = await ExecutionEnvironment.start({ program: [bundle], variables });
    this.#environment = environment;
    void this.#thawAgain(environment);
    return environment;
  }

  /** Thaws the process after a handler has frozen it. */
  async #thawAgain(environment: ExecutionEnvironment): Promise<void> {
    while (await environment.untilFrozen()) {
      await delay(this.#frozenForMs);
      if (environment.isRunning) environment.thaw();
    }
  }
}
