import { RdsProxyError, type RdsProxyOptions } from "@rds-proxy/core";
import {
  type Adapter,
  checkKnownNames,
  checkObject,
  invalidOption,
  otherOptions,
  RDS_PROXY_OPTION_NAMES,
  type ResolvedRdsProxyOptions,
  resolveOptions,
} from "@rds-proxy/core/adapter";
import { checkBoolean, type Runtime } from "@rds-proxy/core/internal";

/** The options of `createDatabase()`, all of which are optional if environment variables name the endpoint. */
export interface DatabaseOptions<Db> extends RdsProxyOptions {
  /**
   * The driver or ORM.
   *
   * @default the driver of the entry that the function is imported from
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
export interface ResolvedDatabaseOptions<Db> {
  readonly adapter: Adapter<Db>;
  readonly connection: ResolvedRdsProxyOptions;
  /** Whether to open the first connection during initialisation. */
  readonly prefetches: boolean;
  /** Whether to close the connections on SIGTERM. */
  readonly closesOnSigterm: boolean;
  /** Whether this process serves one invocation at a time, as Lambda does except on Managed Instances. */
  readonly isSequential: boolean;
}

const OWN_NAMES = ["adapter", "prefetch", "closeOnSigterm"];

/** The adapter that takes the options of the engine's driver. */
const ADAPTER_CALLS = { postgres: "pgAdapter({ ... })", mysql: "mysql2Adapter({ ... })" } as const;

/**
 * Checks the options, adds the environment and the defaults.
 *
 * @param moreNames options of the caller's own, which it checks itself
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function resolveDatabaseOptions<Db>(
  options: DatabaseOptions<Db>,
  defaultAdapter: Adapter<Db>,
  runtime: Runtime,
  moreNames: readonly string[] = [],
): ResolvedDatabaseOptions<Db> {
  checkObject("options", options);
  const adapter = options.adapter ?? defaultAdapter;
  if (typeof adapter.create !== "function") {
    throw invalidOption(
      "adapter",
      "an adapter",
      `a value of type ${typeof adapter}`,
      "Pass what pgAdapter(), or one like it, returns.",
    );
  }
  checkNames(otherOptions(options), adapter, moreNames);
  const prefetch = checkBoolean("prefetch", options.prefetch ?? true);
  const closeOnSigterm = checkBoolean("closeOnSigterm", options.closeOnSigterm ?? true);

  const { env } = runtime;
  const isConcurrent = "AWS_LAMBDA_MAX_CONCURRENCY" in env;
  return {
    adapter,
    connection: resolveOptions(options, adapter.engine, runtime),
    prefetches: prefetch && env["AWS_LAMBDA_INITIALIZATION_TYPE"] === "on-demand",
    // The worker threads of Managed Instances receive no signals.
    closesOnSigterm: closeOnSigterm && !isConcurrent,
    isSequential: "AWS_LAMBDA_FUNCTION_NAME" in env && !isConcurrent,
  };
}

/** Refuses unknown names, with a hint where a driver's options belong. */
function checkNames(others: object, { engine }: Adapter<unknown>, moreNames: readonly string[]): void {
  if ("password" in others) {
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      "password: not an option here. Leave it out: a token is signed for each login; a stored password comes from `secret`.",
    );
  }
  checkKnownNames(
    "",
    others,
    [...RDS_PROXY_OPTION_NAMES, ...moreNames, ...OWN_NAMES],
    `Options of the driver go to the adapter: \`adapter: ${ADAPTER_CALLS[engine]}\`.`,
  );
}
