import { createConnectionSlots } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { createMiddleware } from "../../../packages/middleware/src/create-middleware.js";
import { slotMachine } from "../../model/slot-machine.js";
import type { Actor, Subject } from "../actors.js";
import { Leases } from "../leases.js";
import { probe } from "../probe.js";
import type { CreateSubject, Stage } from "../run-schedule.js";
import { simulatedDriver } from "../simulated-driver.js";
import { ENDPOINT, simulatedRuntime } from "../simulated-options.js";
import type { Link } from "../simulated-server.js";

/** What an invocation may take, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** Ends of an invocation that its runtime sees. */
const ENDS = ["after", "throw", "timeout", "early", "abandon"];

type Hooks = ReturnType<typeof createMiddleware>;
type MiddyRequest = Parameters<NonNullable<Hooks["before"]>>[0];

/** The middleware's hooks as Middy calls them, where one invocation follows the other. */
export const middleware: CreateSubject = (stage) => createSubject(stage, true);

/** The same where invocations run at once, as on Managed Instances. */
export const concurrentMiddleware: CreateSubject = (stage) => createSubject(stage, false);

function createSubject(stage: Stage, isSequential: boolean): Subject {
  const { maxConnections, server, faults, handOuts } = stage;
  const env = isSequential
    ? {
        AWS_LAMBDA_FUNCTION_NAME: "shop",
        AWS_LAMBDA_INITIALIZATION_TYPE: faults.has("prefetched") ? "on-demand" : "",
      }
    : { AWS_LAMBDA_MAX_CONCURRENCY: String(maxConnections) };
  const { clock } = systemRuntime;
  if (faults.has("prefetched")) handOuts.extraLogins = 1;
  const hooks = createMiddleware(
    { ...ENDPOINT, maxConnections, closeOnSigterm: false },
    {
      engine: "postgres",
      create: (options) => createConnectionSlots<Link, unknown>(simulatedDriver(server, options), options),
    },
    simulatedRuntime(env),
  );
  const leases = new Leases(stage, !isSequential);
  const requests = new Map<Actor, MiddyRequest>();

  const createRequest = (id: string): MiddyRequest => {
    const endsAt = clock.steadyMs() + TIMEOUT_MS;
    const context: object = {
      awsRequestId: id,
      getRemainingTimeInMillis: () => Math.max(0, endsAt - clock.steadyMs()),
    };
    return Object.assign(Object.create(null), { event: {}, context, response: undefined, error: undefined });
  };
  const dbOf = (request: MiddyRequest): Link => Object(request.context).db;

  /** Invocations that are over although they did not report it: the next acquire cleans up after them. */
  const findOver = (): Actor[] =>
    [...requests].flatMap(([actor, request]) => {
      const isTimedOut = request.context.getRemainingTimeInMillis() === 0;
      const isEarly = "earlyResponse" in request;
      return isTimedOut || isEarly || (isSequential && handOuts.abandoned.has(actor.name)) ? [actor] : [];
    });

  return {
    machines: [{ machine: slotMachine, count: maxConnections }],
    mayBegin(actor, actors) {
      if (!isSequential || !actor.isInvocation) return true;
      return actors.slice(0, actor.index).every(({ isDone, isInvocation }) => isDone || !isInvocation);
    },
    step(actor, name) {
      const used = leases.use(actor, name);
      if (used) return used;
      if (name === "acquire") {
        const over = findOver();
        const request = createRequest(actor.name);
        requests.set(actor, request);
        return leases.acquire(
          actor,
          async () => {
            try {
              await hooks.before?.(request);
            } catch (error) {
              Object.assign(request, { error });
              await hooks.onError?.(request);
              throw error;
            }
            return dbOf(request);
          },
          over,
        );
      }
      if (name === "close") return leases.endAll(() => hooks.close());
      if (name === "snapshot") return hooks.beforeSnapshot();
      if (name === "prefetched") return undefined;
      const request = requests.get(actor);
      if (!ENDS.includes(name)) throw new Error(`middleware: no step "${name}"`);
      if (!request) return undefined;
      if (name === "abandon" || name === "early") {
        if (name === "early") Object.assign(request, { earlyResponse: "answered" });
        handOuts.abandoned.add(actor.name);
        return undefined;
      }
      return leases.end(actor, async () => {
        if (name === "after") return void (await hooks.after?.(request));
        Object.assign(request, { error: name === "throw" ? new Error("the handler's own") : earlyTimeout() });
        await hooks.onError?.(request);
      });
    },
    async probe() {
      if (faults.has("close")) return;
      // All invocations are over by then.
      stage.scheduler.freeze(TIMEOUT_MS);
      for (const actor of findOver()) leases.forget(actor);
      let count = 0;
      // Handlers may be nested, so that those of one invocation hold several connections.
      await probe(stage, async () => {
        const request = createRequest(isSequential ? "probe" : `probe ${count++}`);
        await hooks.before?.(request);
        return { db: dbOf(request), release: async () => void (await hooks.after?.(request)) };
      });
    },
    close: () => hooks.close(),
  };
}

/** Middy's error for an invocation that is about to time out. */
function earlyTimeout(): Error {
  const error = new Error("[AbortError]: The operation was aborted.", { cause: { package: "@middy/core" } });
  error.name = "TimeoutError";
  return error;
}
