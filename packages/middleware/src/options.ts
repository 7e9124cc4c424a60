import { type Adapter, describeValue, invalidOption } from "@rds-proxy/core/adapter";
import { checkText, type Runtime } from "@rds-proxy/core/internal";
import {
  type DatabaseOptions,
  type ResolvedDatabaseOptions,
  resolveDatabaseOptions,
} from "@rds-proxy/database/internal";

/** The options of `rdsProxy()`, all of which are optional if environment variables name the endpoint. */
export interface RdsProxyMiddlewareOptions<Key extends string, Db> extends DatabaseOptions<Db> {
  /**
   * The property of the context that holds the connection. Required with a `targetRole` of `"read-only"`, so that a handler that
   * has both kinds never finds one in place of the other.
   *
   * @default "db"
   */
  contextKey?: Key | undefined;
}

/** Checked options with all defaults. */
export interface ResolvedMiddlewareOptions<Key extends string, Db> extends ResolvedDatabaseOptions<Db> {
  readonly contextKey: Key;
}

/** Properties of Lambda's context, and those that Middy adds for a durable execution. */
const CONTEXT_NAMES = [
  "callbackWaitsForEmptyEventLoop",
  "functionName",
  "functionVersion",
  "invokedFunctionArn",
  "memoryLimitInMB",
  "awsRequestId",
  "logGroupName",
  "logStreamName",
  "identity",
  "clientContext",
  "tenantId",
  "getRemainingTimeInMillis",
  "done",
  "fail",
  "succeed",
  "lambdaContext",
  "executionContext",
];

/**
 * Checks the options, adds the environment and the defaults.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function resolveMiddlewareOptions<Key extends string, Db>(
  options: RdsProxyMiddlewareOptions<Key, Db>,
  defaults: { contextKey: Key; adapter: Adapter<Db> },
  runtime: Runtime,
): ResolvedMiddlewareOptions<Key, Db> {
  const resolved = resolveDatabaseOptions(options, defaults.adapter, runtime, ["contextKey"]);
  const contextKey = options.contextKey ?? defaults.contextKey;
  if (options.contextKey === undefined && options.targetRole === "read-only") {
    throw invalidOption(
      "contextKey",
      "the name of the reader's connection",
      "none",
      'Set it, for example to "reader".',
    );
  }
  checkText("contextKey", contextKey);
  if (CONTEXT_NAMES.includes(contextKey) || contextKey in Object.prototype || contextKey === "prototype") {
    throw invalidOption(
      "contextKey",
      "a name of your own",
      describeValue(contextKey),
      "Lambda's context, or JavaScript for each object, uses it already.",
    );
  }
  return { ...resolved, contextKey };
}
