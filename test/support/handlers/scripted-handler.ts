import middy from "@middy/core";
import { freezeHere, lambdaContext, processHoldings } from "@rds-proxy/lambda-kit/runtime";
import type { RdsProxyMiddleware } from "@rds-proxy/middleware";
import { reveal, revealProcess } from "../revelations.js";

/** The message of the error that a script throws. */
export const HANDLER_ERROR = "the handler's own";

/** What a handler does next. */
export type Step =
  /** Runs a statement and waits for its result. */
  | { readonly query: string }
  /** Sends a statement and goes on. */
  | { readonly send: string }
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
}

/** Options that a test passes to the function under test. */
export function testOptions(): object {
  return JSON.parse(process.env["TEST_OPTIONS"] ?? "{}");
}

/**
 * A function that does what the event says, and answers with the result of the last statement that it waited for.
 *
 * @param query sends one statement with the means of the driver or ORM and gives its rows
 */
export async function scriptedHandler<Db>(
  middleware: RdsProxyMiddleware<"db", Db>,
  query: (db: Db, statement: string) => Promise<unknown>,
) {
  if (process.env["TEST_WARM_UP"]) await middleware.warmUp();
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
    .handler(async ({ steps }, context) => {
      const { db } = context;
      let result: unknown;
      let sent: Promise<unknown> = Promise.resolve();
      for (const step of steps) {
        if (step === "freeze") await freezeHere();
        else if (step === "await") result = await sent;
        else if (step === "reveal") result = { inside: reveal({ middleware, context }), ...revealProcess() };
        else if (step === "count holdings") result = processHoldings();
        else if (step === "throw") throw new Error(HANDLER_ERROR);
        else if ("query" in step) result = await query(db, step.query);
        else {
          sent = query(db, step.send);
          // It may fail while the handler does something else.
          sent.catch(() => undefined);
        }
      }
      return result;
    });
  // Some call the handler while they initialise, so that a snapshot has all code loaded.
  if (process.env["TEST_PRIME"]) await handler({ steps: [{ query: "select 1" }] }, lambdaContext());
  return Object.assign(handler, { snapshotHooks: middleware });
}
