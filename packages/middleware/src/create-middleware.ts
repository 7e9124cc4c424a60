import type { MiddlewareObj, Request } from "@middy/core";
import type { Adapter } from "@rds-proxy/core/adapter";
import { type Runtime, systemRuntime } from "@rds-proxy/core/internal";
import { EnvironmentDatabase, type LifeCycle, timeBudget } from "@rds-proxy/database/internal";
import type { Context } from "aws-lambda";
import { isEarlyTimeout } from "./early-timeout.js";
import { type RdsProxyMiddlewareOptions, resolveMiddlewareOptions } from "./options.js";
import { streamOf, whenFinished } from "./response-stream.js";

/** Lambda's context with the connection in it. */
export type RdsProxyContext<Key extends string, Db> = Context & { [K in Key]: Db };

/** The middleware, for `.use()`, with methods for the time before the first and after the last invocation. */
export interface RdsProxyMiddleware<Key extends string, Db>
  extends MiddlewareObj<unknown, unknown, Error, RdsProxyContext<Key, Db>>,
    LifeCycle {}

type AnyRequest = Request<unknown, unknown, Error, RdsProxyContext<string, unknown>>;

/**
 * The hooks: `before` acquires a connection, `after` and `onError` release it. One process may serve several invocations at
 * once, so the hooks have no state of their own: Middy's request is the holder of its lease.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function createMiddleware(
  options: RdsProxyMiddlewareOptions<string, unknown>,
  defaultAdapter: Adapter<unknown>,
  runtime: Runtime = systemRuntime,
): RdsProxyMiddleware<string, unknown> {
  const { contextKey, ...resolved } = resolveMiddlewareOptions(
    options,
    { contextKey: "db", adapter: defaultAdapter },
    runtime,
  );
  const { clock } = runtime;
  const database = new EnvironmentDatabase<unknown, AnyRequest>(resolved, hasEnded);

  async function rdsProxyBefore(request: AnyRequest): Promise<void> {
    // The same middleware may be used twice in one handler; both share the connection.
    if (database.isHeldBy(request)) return;
    const lease = await database.acquire(request, timeBudget(request.context, clock));
    request.context[contextKey] = lease.db;
  }

  function release(request: AnyRequest): Promise<void> {
    return database.release(request, timeBudget(request.context, clock));
  }

  function rdsProxyAfter(request: AnyRequest): Promise<void> | undefined {
    const stream = streamOf(request.response);
    if (!stream) return release(request);
    // A streamed response is read after this hook, so the connection is kept until the stream ends, fails or is cancelled.
    whenFinished(stream, () => release(request));
    return undefined;
  }

  async function rdsProxyOnError(request: AnyRequest): Promise<void> {
    // After Middy's early timeout the handler is still running, and may send another query.
    if (isEarlyTimeout(request.error)) database.destroy(request, "invocation timed out");
    else await release(request);
  }

  return {
    before: rdsProxyBefore,
    after: rdsProxyAfter,
    onError: rdsProxyOnError,
    warmUp: () => database.warmUp(),
    beforeSnapshot: () => database.beforeSnapshot(),
    afterRestore: () => database.afterRestore(),
    close: () => database.close(),
  };
}

/**
 * Middy calls neither `after` nor `onError` of this middleware if another one responds early. Other middlewares' `onError` hooks
 * may still run for a failed invocation, but its handler no longer uses the connection.
 */
function hasEnded(request: AnyRequest): boolean {
  return "earlyResponse" in request || request.error !== undefined;
}
