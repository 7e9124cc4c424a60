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

/** The middleware, for `.use()`, with methods for the time before the first and after the last invocation. */
export interface RdsProxyMiddleware<Key extends string, Db>
  extends MiddlewareObj<unknown, unknown, Error, RdsProxyContext<Key, Db>> {
  /**
   * Opens a connection now, for top-level await. Use it with provisioned concurrency and Managed Instances, or to let a
   * function that cannot reach its database fail while it initialises. With SnapStart it closes the connection again before the
   * snapshot.
   *
   * @throws RdsProxyError as the first invocation would
   */
  warmUp(): Promise<void>;
  /**
   * Closes all connections that no invocation uses. Call it last before a snapshot: in SnapStart's hook before the snapshot, or
   * in the hook `suspend` of a MicroVM. Later invocations connect again.
   */
  beforeSnapshot(): Promise<void>;
  /**
   * Call it after a restore: in SnapStart's hook after the restore, or in the hooks `run` and `resume` of a MicroVM. What was
   * opened or read before is not used any more: the same as `afterRestore()` of `@rds-proxy/core`.
   */
  afterRestore(): void;
  /** Closes all connections. Later invocations fail with RDS_PROXY_CLOSED. */
  close(): Promise<void>;
}

/**
 * The runtime reports a result after the handler has ended: AWS's client one turn of the event loop later, and the end of a
 * stream after a round trip to the Runtime API on the same host.
 * Source: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 */
const REPORT_MS = 100;

/** For the rollback of abandoned invocations after SIGTERM, which leaves about 300 ms in all. */
const LAST_ROLLBACK_MS = 50;

type AnyRequest = Request<unknown, unknown, Error, RdsProxyContext<string, unknown>>;

/**
 * The hooks: `before` acquires a connection, `after` and `onError` release it. One process may serve several invocations at
 * once, so the hooks have no state of their own.
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
  const { clock, restores } = runtime;
  const resource = adapter.create(connection);
  const invocations = new Invocations(isSequential);
  if (prefetches) resource.prefetch();
  const forget = closesOnSigterm ? closeOnSigterm(closeWhenUnused) : () => undefined;

  async function rdsProxyBefore(request: AnyRequest): Promise<void> {
    // The same middleware may be used twice in one handler; both share the connection.
    if (invocations.leaseOf(request)) return;
    restores.noteInvocation();
    const { deadline, waitDeadline } = timeBudget(request.context, clock);
    const lease = await invocations.begin(request, deadline, async () => {
      await invocations.releaseEnded(request, waitDeadline);
      return await resource.acquire(atMost(connection.acquireTimeoutMs, waitDeadline, clock), waitDeadline);
    });
    request.context[contextKey] = lease.db;
  }

  async function rdsProxyAfter(request: AnyRequest): Promise<void> {
    const release = (): Promise<void> =>
      invocations.release(request, timeBudget(request.context, clock).waitDeadline);
    const stream = streamOf(request.response);
    // A streamed response is read after this hook, so the connection is kept until the stream ends, fails or is cancelled.
    if (stream) whenFinished(stream, release);
    else await release();
  }

  async function rdsProxyOnError(request: AnyRequest): Promise<void> {
    // After Middy's early timeout the handler is still running, and may send another query.
    if (isEarlyTimeout(request.error)) invocations.destroy(request, "invocation timed out");
    else await invocations.release(request, timeBudget(request.context, clock).waitDeadline);
  }

  function close(): Promise<void> {
    forget();
    return resource.close();
  }

  async function closeWhenUnused(): Promise<void> {
    await invocations.releaseEnded(undefined, deadlineIn(LAST_ROLLBACK_MS, clock));
    while (!invocations.isIdle) {
      await invocations.untilIdle();
      // The process may end once this has closed.
      await clock.sleep(REPORT_MS);
    }
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
      if (restores.isSnapshotAhead) await resource.closeIdle();
    },
    beforeSnapshot: () => resource.closeIdle(),
    afterRestore: () => restores.noteRestore(),
    close,
  };
}
