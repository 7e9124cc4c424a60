import middy from "@middy/core";
import { freezeHere, lambdaContext, processHoldings } from "@rds-proxy/lambda-kit/runtime";
import type { RdsProxyMiddleware } from "@rds-proxy/middleware";
import type { Places } from "../../model/follow-events.js";
import { slotMachine } from "../../model/slot-machine.js";
import { watchEvents } from "../../model/watch-events.js";
import type { IsolationLevel } from "../isolation-levels.js";
import { reveal, revealProcess } from "../revelations.js";

/** The message of the error that a script throws. */
export const HANDLER_ERROR = "the handler's own";

/** What a handler does next. */
export type Step =
  /** Runs a statement and waits for its result. */
  | { readonly query: string }
  /** Sends a statement and goes on. */
  | { readonly send: string }
  /** Runs the statements in a transaction, by the driver's or ORM's own function where it has one. */
  | {
      readonly transaction: readonly string[];
      /** The statements that begin it where there is no such function. */
      readonly opening: readonly string[];
      readonly isolation: IsolationLevel | undefined;
    }
  /** Waits for what was sent. */
  | "await"
  /** Stops the process, by the kernel, when what was sent has left it. */
  | "freeze"
  /** Answers with all that can be seen from inside. */
  | "reveal"
  /** Answers with what the process keeps. */
  | "count holdings"
  /** Fails with an error of the handler's own. */
  | "throw";

/** One invocation, as a test sends it. */
export interface Script {
  readonly steps: readonly Step[];
  /** Stops the process between `before` and the handler, or while `after` cleans up. */
  readonly freezeIn?: "before" | "after";
  /** Lets another middleware answer, so that neither the handler nor any `after` comes. */
  readonly answersEarly?: boolean;
  /** Answers with the results of all statements, and tells of an error how many statements had been sent. */
  readonly answersAll?: boolean;
}

/** The rows of a statement. */
export type Query<Db> = (db: Db, statement: string) => Promise<unknown>;

/**
 * A transaction by the means of the driver or ORM, at the server's default level if none is given.
 *
 * @param work sends statements by the function that it gets
 */
export type Transact<Db> = (
  db: Db,
  isolation: IsolationLevel | undefined,
  work: (run: (statement: string) => Promise<unknown>) => Promise<void>,
) => Promise<unknown>;

/** The middleware under test, or other hooks that put a `db` into the context. */
export type ScriptedMiddleware<Db> = Pick<RdsProxyMiddleware<"db", Db>, "before" | "after" | "onError"> &
  Partial<RdsProxyMiddleware<"db", Db>>;

/** Options that a test passes to the function under test. */
export function testOptions(): object {
  return JSON.parse(process.env["TEST_OPTIONS"] ?? "{}");
}

/**
 * A function that does what the event says, and answers with the result of the last statement that it waited for.
 *
 * @param query sends one statement with the means of the driver or ORM and gives its rows
 * @param transact runs a transaction; default by statements
 * @param placesOf the machines, for so many connections, whose transitions the library's events are; what is none is printed
 */
export async function scriptedHandler<Db>(
  middleware: ScriptedMiddleware<Db>,
  query: Query<Db>,
  transact?: Transact<Db>,
  placesOf: (count: number) => readonly Places[] = (count) => [{ machine: slotMachine, count }],
) {
  watchEvents(placesOf(Number(process.env["AWS_LAMBDA_MAX_CONCURRENCY"] ?? 1)), console.error);
  if (process.env["TEST_WARM_UP"]) await middleware.warmUp?.();
  const handler = middy<Script>()
    .use(middleware)
    .use({
      before: async ({ event }) => {
        if (event.freezeIn === "before") await freezeHere();
        return event.answersEarly ? "answered early" : undefined;
      },
      // Comes before the connection's own `after`, which has begun by the time of the freeze.
      after: ({ event }) => {
        if (event.freezeIn === "after") void freezeHere();
      },
    })
    .handler(async ({ steps, answersAll }, context) => {
      const run = new ScriptRun(context.db, query, transact);
      try {
        for (const step of steps) {
          if (step === "reveal")
            run.results.push({ inside: reveal({ middleware, context }), ...revealProcess() });
          else await run.take(step);
        }
      } catch (error) {
        if (answersAll && error instanceof Error) Object.assign(error, { sent: run.sent });
        throw error;
      }
      return answersAll ? run.results : run.results.at(-1);
    });
  // Some call the handler while they initialise, so that a snapshot has all code loaded.
  if (process.env["TEST_PRIME"]) await handler({ steps: [{ query: "select 1" }] }, lambdaContext());
  return Object.assign(handler, { snapshotHooks: middleware });
}

/** The steps of one invocation. */
class ScriptRun<Db> {
  readonly results: unknown[] = [];
  /** Statements that were sent; the commit of a `transaction` counts, and its begin does not. */
  sent = 0;
  readonly #db: Db;
  readonly #query: Query<Db>;
  readonly #transact: Transact<Db> | undefined;
  #unanswered: Promise<unknown> = Promise.resolve();

  constructor(db: Db, query: Query<Db>, transact: Transact<Db> | undefined) {
    this.#db = db;
    this.#query = query;
    this.#transact = transact;
  }

  async take(step: Exclude<Step, "reveal">): Promise<void> {
    if (step === "freeze") await freezeHere();
    else if (step === "await") this.results.push(await this.#unanswered);
    else if (step === "count holdings") this.results.push(processHoldings());
    else if (step === "throw") throw new Error(HANDLER_ERROR);
    else if ("query" in step) this.results.push(await this.#send(step.query));
    else if ("transaction" in step) await this.#runTransaction(step);
    else {
      this.#unanswered = this.#send(step.send);
      // It may fail while the handler does something else.
      this.#unanswered.catch(() => undefined);
    }
  }

  #send(statement: string): Promise<unknown> {
    this.sent++;
    return this.#query(this.#db, statement);
  }

  async #runTransaction({
    transaction,
    opening,
    isolation,
  }: Extract<Step, { readonly transaction: unknown }>): Promise<void> {
    const transact = this.#transact ?? this.#byStatements(opening);
    await transact(this.#db, isolation, async (run) => {
      for (const statement of transaction) {
        this.sent++;
        this.results.push(await run(statement));
      }
      this.sent++;
    });
  }

  /** As one writes it with a driver. */
  #byStatements(opening: readonly string[]): Transact<Db> {
    return async (db, _isolation, work) => {
      try {
        for (const statement of opening) await this.#query(db, statement);
        await work((statement) => this.#query(db, statement));
        await this.#query(db, "commit");
      } catch (error) {
        // Where the connection is lost, the first error says more.
        await this.#query(db, "rollback").catch(() => undefined);
        throw error;
      }
    };
  }
}
