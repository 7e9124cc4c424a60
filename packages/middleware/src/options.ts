import { RdsProxyError, type RdsProxyOptions } from "@rds-proxy/core";
import {
  type Adapter,
  checkKnownNames,
  checkObject,
  describeValue,
  invalidOption,
  otherOptions,
  RDS_PROXY_OPTION_NAMES,
  type ResolvedRdsProxyOptions,
  resolveOptions,
} from "@rds-proxy/core/adapter";
import { checkBoolean, checkText, type Runtime } from "@rds-proxy/core/internal";

/** The options of `rdsProxy()`, all of which are optional if environment variables name the endpoint. */
export interface RdsProxyMiddlewareOptions<Key extends string, Db> extends RdsProxyOptions {
  /**
   * The property of the context that holds the connection.
   *
   * @default "db"
   */
  contextKey?: Key | undefined;
  /**
   * The driver or ORM.
   *
   * @default the driver of the entry that `rdsProxy` is imported from
   */
  adapter?: Adapter<Db> | undefined;
  /**
   * Open the first connection while an on-demand function initialises, instead of in its first invocation. Has no effect on
   * other kinds of initialisation; for these, await `warmUp()` at the top level.
   *
   * @default true
   */
  prefetch?: boolean | undefined;
  /**
   * Close the connections on SIGTERM, which Lambda sends to functions with an extension before it ends them. A running
   * invocation keeps its connection until it ends. Has no effect on Managed Instances, which send no SIGTERM.
   *
   * @default true
   */
  closeOnSigterm?: boolean | undefined;
}

/** Checked options with all defaults. */
export interface ResolvedMiddlewareOptions<Key extends string, Db> {
  readonly contextKey: Key;
  readonly adapter: Adapter<Db>;
  readonly connection: ResolvedRdsProxyOptions;
  /** Whether to open the first connection during initialisation. */
  readonly prefetches: boolean;
  /** Whether to close the connections on SIGTERM. */
  readonly closesOnSigterm: boolean;
  /** Whether this process serves one invocation at a time, as Lambda does except on Managed Instances. */
  readonly isSequential: boolean;
}

const OWN_NAMES = ["contextKey", "adapter", "prefetch", "closeOnSigterm"];

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

/** The adapter that takes the options of the engine's driver. */
const ADAPTER_CALLS = { postgres: "pgAdapter({ ... })", mysql: "mysql2Adapter({ ... })" } as const;

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
  const adapter = options.adapter ?? defaults.adapter;
  if (typeof adapter !== "object" || adapter === null || typeof adapter.create !== "function") {
    throw invalidOption(
      "adapter",
      "an adapter",
      `a value of type ${typeof adapter}`,
      "Pass what pgAdapter(), or one like it, returns.",
    );
  }
  checkNames(otherOptions(options), adapter);
  const contextKey = options.contextKey ?? defaults.contextKey;
  checkText("contextKey", contextKey);
  if (CONTEXT_NAMES.includes(contextKey) || contextKey in Object.prototype || contextKey === "prototype") {
    throw invalidOption(
      "contextKey",
      "a name of your own",
      describeValue(contextKey),
      "Lambda's context, or JavaScript for each object, uses it already.",
    );
  }
  const prefetch = checkBoolean("prefetch", options.prefetch ?? true);
  const closeOnSigterm = checkBoolean("closeOnSigterm", options.closeOnSigterm ?? true);

  const { env } = runtime;
  const isConcurrent = "AWS_LAMBDA_MAX_CONCURRENCY" in env;
  return {
    contextKey,
    adapter,
    connection: resolveOptions(options, adapter.engine, runtime),
    prefetches: prefetch && env["AWS_LAMBDA_INITIALIZATION_TYPE"] === "on-demand",
    // The worker threads of Managed Instances receive no signals.
    closesOnSigterm: closeOnSigterm && !isConcurrent,
    isSequential: "AWS_LAMBDA_FUNCTION_NAME" in env && !isConcurrent,
  };
}

/** Refuses unknown names, with a hint where a driver's options belong. */
function checkNames(others: object, { engine }: Adapter<unknown>): void {
  if ("password" in others) {
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      "password: not an option here. Leave it out: a token is signed for each login; a stored password comes from `secret`.",
    );
  }
  checkKnownNames(
    "",
    others,
    [...RDS_PROXY_OPTION_NAMES, ...OWN_NAMES],
    `Options of the driver go to the adapter: \`adapter: ${ADAPTER_CALLS[engine]}\`.`,
  );
}
