import type { MiddlewareObj, Request } from "@middy/core";
import { type Adapter, atMost, deadlineIn } from "@rds-proxy/core/adapter";
import { type Runtime, systemRuntime } from "@rds-proxy/core/internal";
import type { Context } from "aws-lambda";
import { closeOnSigterm } from "./close-on-sigterm.js";
import { isEarlyTimeout } from "./early-timeout.js";
import { Invocations } from "./invocations.js";
import { type RdsProxyMiddlewareOptions, resolveMiddlewareOptions } from "./options.js";
import { streamOf, whenFinished } from "./response-stream.js";
import { timeBudget } from "./time-budget.js";

/** Lambda's context with the connection in it. */
export type RdsProxyContext<Key extends string, Db> = Context & { [K in Key]: Db };

/** The middleware: pass it to `.use()`; the two methods are for the time before and after all invocations. */
export interface RdsProxyMiddleware<Key extends string, Db>
  extends MiddlewareObj<unknown, unknown, Error, RdsProxyContext<Key, Db>> {
  /**
   * Opens a connection now, for top-level await. Use it with provisioned concurrency and Managed Instances, or
   * where a function that cannot reach its database should fail to initialise.
   *
   * @throws RdsProxyError as the first invocation would
   */
  warmUp(): Promise<void>;
  /** Closes all connections. Later invocations fail with RDS_PROXY_CLOSED. */
  close(): Promise<void>;
}

/** What an invocation that never ended leaves open is rolled back at the process's end, if that is done soon. */
const LAST_ROLLBACK_MS = 50;

type AnyRequest = Request<unknown, unknown, Error, RdsProxyContext<string, unknown>>;

/**
 * The hooks: acquire before the handler, release after it or, when it failed, clean up. They hold no state of an
 * invocation themselves, since one process may serve several at once.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function createMiddleware(
  options: RdsProxyMiddlewareOptions<string, unknown>,
  defaultAdapter: Adapter<unknown>,
  runtime: Runtime = systemRuntime,
): RdsProxyMiddleware<string, unknown> {
  const { contextKey, adapter, connection, prefetches, closesOnSigterm, isSequential } =
    resolveMiddlewareOptions(options, { contextKey: "db", adapter: defaultAdapter }, runtime);
  const { clock } = runtime;
  const resource = adapter.create(connection);
  const invocations = new Invocations(isSequential);
  if (prefetches) resource.prefetch();
  const forget = closesOnSigterm ? closeOnSigterm(closeWhenUnused) : () => undefined;

  async function rdsProxyBefore(request: AnyRequest): Promise<void> {
    // Used twice in one handler, it has one connection.
    if (invocations.leaseOf(request)) return;
    const { end, patience } = timeBudget(request.context, clock);
    const lease = await invocations.begin(request, end, async () => {
      await invocations.reclaim(request, patience);
      return await resource.acquire(atMost(connection.acquireTimeoutMs, patience, clock), patience);
    });
    request.context[contextKey] = lease.db;
  }

  async function rdsProxyAfter(request: AnyRequest): Promise<void> {
    const release = (): Promise<void> =>
      invocations.release(request, timeBudget(request.context, clock).patience);
    const stream = streamOf(request.response);
    // The rows of a streamed response are read after this hook: the connection stays until the stream has ended,
    // failed, or lost its reader.
    if (stream) whenFinished(stream, release);
    else await release();
  }

  async function rdsProxyOnError(request: AnyRequest): Promise<void> {
    // After Middy's early timeout the handler is still running, and may be between two queries.
    if (isEarlyTimeout(request.error)) invocations.destroy(request, "invocation timed out");
    else await invocations.release(request, timeBudget(request.context, clock).patience);
  }

  function close(): Promise<void> {
    forget();
    return resource.close();
  }

  async function closeWhenUnused(): Promise<void> {
    await invocations.reclaim(undefined, deadlineIn(LAST_ROLLBACK_MS, clock));
    await invocations.untilNoneRuns();
    await close();
  }

  return {
    before: rdsProxyBefore,
    after: rdsProxyAfter,
    onError: rdsProxyOnError,
    async warmUp() {
      const deadline = deadlineIn(connection.acquireTimeoutMs, clock);
      const lease = await resource.acquire(deadline);
      await lease.release(deadline);
    },
    close,
  };
}
