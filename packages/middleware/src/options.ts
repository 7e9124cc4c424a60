import {
  type Adapter,
  checkKnownNames,
  checkObject,
  checkText,
  describeValue,
  invalidOption,
  otherOptions,
  RDS_PROXY_OPTION_NAMES,
  type RdsProxyOptions,
  type ResolvedRdsProxyOptions,
  type Runtime,
  resolveOptions,
} from "@rds-proxy/core";

/** What a handler author may set; all of it is optional when the environment names the endpoint. */
export interface RdsProxyMiddlewareOptions<Key extends string, Db> extends RdsProxyOptions {
  /** The property of the context that holds the connection. Default `"db"`. */
  contextKey?: Key | undefined;
  /** The driver or ORM. Default: the driver of the entry that `rdsProxy` was imported from. */
  adapter?: Adapter<Db> | undefined;
  /**
   * Open the first connection while an on-demand function initialises, instead of in its first invocation.
   * Default true. Without effect for other kinds of initialisation; there, await `warmUp()` at the top level.
   */
  prefetch?: boolean | undefined;
}

/** The same with every default in. */
export interface ResolvedMiddlewareOptions<Key extends string, Db> {
  readonly contextKey: Key;
  readonly adapter: Adapter<Db>;
  readonly connection: ResolvedRdsProxyOptions;
  /** Whether to open the first connection at once. */
  readonly prefetches: boolean;
  /** Whether this process serves one invocation after the other, as Lambda does unless it says otherwise. */
  readonly isSequential: boolean;
}

const OWN_NAMES = ["contextKey", "adapter", "prefetch"];

/** What Lambda itself puts into the context and must not be covered up. */
const LAMBDA_CONTEXT = [
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
  checkObject("options", options);
  checkKnownNames("", otherOptions(options), [...RDS_PROXY_OPTION_NAMES, ...OWN_NAMES]);
  const contextKey = options.contextKey ?? defaults.contextKey;
  checkText("contextKey", contextKey);
  if (LAMBDA_CONTEXT.includes(contextKey)) {
    throw invalidOption(
      "contextKey",
      "a name of your own",
      describeValue(contextKey),
      "Lambda's context uses it already.",
    );
  }
  const prefetch = options.prefetch ?? true;
  if (typeof prefetch !== "boolean") {
    throw invalidOption("prefetch", "true or false", describeValue(prefetch), "Correct it, or leave it out.");
  }
  const adapter = options.adapter ?? defaults.adapter;
  if (typeof adapter !== "object" || adapter === null || typeof adapter.create !== "function") {
    throw invalidOption(
      "adapter",
      "an adapter",
      describeValue(adapter),
      "Pass what pgAdapter(), or one like it, returns.",
    );
  }

  const { env } = runtime;
  return {
    contextKey,
    adapter,
    connection: resolveOptions(options, adapter.engine, runtime),
    prefetches: prefetch && env["AWS_LAMBDA_INITIALIZATION_TYPE"] === "on-demand",
    isSequential: "AWS_LAMBDA_FUNCTION_NAME" in env && !("AWS_LAMBDA_MAX_CONCURRENCY" in env),
  };
}
