import { setTimeout as delay } from "node:timers/promises";
import { ExecutionEnvironment, InvocationError } from "@rds-proxy/lambda-kit/environment";
import { nextOrder, type Order } from "./order.js";
import type { Random } from "./random.js";

/** An order, and how its invocation ended: with a response, with an error, or with its process killed by a fault. */
export interface Outcome {
  readonly order: Order;
  readonly end: "answered" | "killed" | InvocationError;
}

/** What a teller is made from. */
export interface TellerOptions {
  /** The first id of its orders; no other teller's ids follow on it. */
  readonly firstId: number;
  readonly bundle: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly random: Random;
  sleep(seconds: number): string;
}

/** An execution environment that runs transfers, and the next one after that has ended. */
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
    const { firstId, random, sleep } = this.#options;
    while (!isOver()) {
      const order = nextOrder(firstId + this.outcomes.length, random, sleep);
      await this.carryOut(order);
      await delay(order.pauseMs);
    }
  }

  /** One invocation; a cold start where there is no environment. */
  async carryOut(order: Order): Promise<Outcome> {
    this.#frozenForMs = order.frozenForMs;
    const environment = await this.#warmOrNew();
    const end = await environment.invoke(order.script, { timeoutMs: order.timeoutMs }).then(
      (): Outcome["end"] => "answered",
      (error: unknown): Outcome["end"] => {
        if (!(error instanceof InvocationError)) throw error;
        return error.kind === "crash" && this.#killed.has(environment) ? "killed" : error;
      },
    );
    const outcome = { order, end };
    this.outcomes.push(outcome);
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
