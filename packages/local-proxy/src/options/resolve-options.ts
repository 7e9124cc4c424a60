import { checkCredentials, generateCredentials } from "./aws-credentials.js";
import {
  checkAddress,
  checkBoolean,
  checkEndpointName,
  checkFunction,
  checkInteger,
  checkList,
  checkNames,
  checkOneOf,
  checkText,
  longestTimerMs,
} from "./option-checks.js";
import { optionNames } from "./option-names.js";
import type {
  AuthenticationMode,
  LimitOptions,
  LocalProxyOptions,
  ResolvedOptions,
  Upstream,
} from "./options.js";
import { withProfile } from "./profile.js";
import { resolveMysql, resolvePostgres } from "./resolve-greeting.js";
import { resolvePinning, resolveUnnamedStatement } from "./resolve-pinning.js";
import { resolveSecrets } from "./resolve-secrets.js";

const upstreamNames: Readonly<Record<keyof Upstream, true>> = {
  host: true,
  port: true,
  user: true,
  password: true,
  database: true,
};
const limitNames: Readonly<Record<keyof LimitOptions, true>> = {
  clientConnections: true,
  connectionsPerSecond: true,
  iamRequestsPerSecond: true,
  countsRepeatedTokens: true,
};

const authenticationModes: readonly AuthenticationMode[] = ["iam", "password", "end-to-end-iam"];

/** Validates the options and applies the defaults. Throws a `TypeError` that names the first bad option. */
export function resolveOptions(options: LocalProxyOptions): ResolvedOptions {
  checkNames("options", options, optionNames);
  return resolveAll(withProfile(options, resolveAll));
}

function resolveAll(options: LocalProxyOptions): ResolvedOptions {
  const { upstream } = options;
  checkNames("upstream", upstream, upstreamNames);
  const user = checkText("user", options.user ?? checkText("upstream.user", upstream.user));
  return {
    engine: checkOneOf("engine", ["postgres", "mysql"], options.engine),
    upstream: {
      host: checkText("upstream.host", upstream.host),
      port: checkInteger("upstream.port", upstream.port, 1, 65_535),
      database: upstream.database && checkText("upstream.database", upstream.database),
    },
    port: checkInteger("port", options.port ?? 0, 0, 65_535),
    listen: checkAddress("listen", options.listen ?? "127.0.0.1"),
    user,
    secrets: resolveSecrets(user, options),
    region: checkText("region", options.region ?? "us-east-1"),
    endpointNames: checkList("endpointNames", options.endpointNames ?? []).map(checkEndpointName),
    postgres: resolvePostgres(options),
    mysql: resolveMysql(options),
    credentials: checkCredentials(options.credentials ?? [generateCredentials()]),
    deniedUsers: new Set(checkList("deniedUsers", options.deniedUsers ?? [])),
    authentication: checkOneOf("authentication", authenticationModes, options.authentication ?? "iam"),
    multiplexing: checkBoolean("multiplexing", options.multiplexing ?? true),
    ...resolvePool(options),
    unreachableDatabase: checkOneOf(
      "unreachableDatabase",
      ["wait", "refuse"],
      options.unreachableDatabase ?? "wait",
    ),
    statementBorrowTimeout: checkOneOf(
      "statementBorrowTimeout",
      ["keep", "close"],
      options.statementBorrowTimeout ?? "keep",
    ),
    idleClientTimeoutMs: checkInteger(
      "idleClientTimeoutMs",
      options.idleClientTimeoutMs ?? 1_800_000,
      1,
      longestTimerMs,
    ),
    maxLifeMs: checkInteger("maxLifeMs", options.maxLifeMs ?? 86_400_000, 1, longestTimerMs),
    networkIdleMs:
      options.networkIdleMs === undefined
        ? Number.POSITIVE_INFINITY
        : checkInteger("networkIdleMs", options.networkIdleMs, 1, longestTimerMs),
    initQuery: options.initQuery && checkText("initQuery", options.initQuery),
    targetRole: checkOneOf("targetRole", ["read-write", "read-only"], options.targetRole ?? "read-write"),
    unnamedStatement: resolveUnnamedStatement(options),
    pinning: resolvePinning(options),
    limits: resolveLimits(options.limits ?? {}),
    borrowTimeoutMs: checkInteger("borrowTimeoutMs", options.borrowTimeoutMs ?? 120_000, 0, longestTimerMs),
    loginTimeoutMs: checkInteger("loginTimeoutMs", options.loginTimeoutMs ?? 30_000, 1, longestTimerMs),
    requireTls: checkBoolean("requireTls", options.requireTls ?? true),
    clockSkewMs: checkInteger("clockSkewMs", options.clockSkewMs ?? 300_000, 0, longestTimerMs),
    tokenLifetime: checkOneOf("tokenLifetime", ["fixed", "as-signed"], options.tokenLifetime ?? "fixed"),
    tokenHostCase: checkOneOf("tokenHostCase", ["exact", "ignored"], options.tokenHostCase ?? "exact"),
    requireSni: checkBoolean("requireSni", options.requireSni ?? false),
    now: checkFunction("now", options.now ?? Date.now),
    recordMessages: checkBoolean("recordMessages", options.recordMessages ?? false),
    log: checkFunction("log", options.log ?? (() => {})),
  };
}

function resolvePool(
  options: LocalProxyOptions,
): Pick<ResolvedOptions, "poolCapacity" | "maxIdleConnections"> {
  const maxConnections = checkInteger("maxConnections", options.maxConnections ?? 100, 1, 1_000_000);
  const percent = checkInteger("maxConnectionsPercent", options.maxConnectionsPercent ?? 100, 1, 100);
  const idlePercent = checkInteger(
    "maxIdleConnectionsPercent",
    options.maxIdleConnectionsPercent ?? Math.floor(percent / 2),
    0,
    percent,
  );
  return {
    poolCapacity: Math.max(1, Math.floor((maxConnections * percent) / 100)),
    maxIdleConnections: Math.floor((maxConnections * idlePercent) / 100),
  };
}

function resolveLimits(limits: LimitOptions): LimitOptions {
  checkNames("limits", limits, limitNames);
  const check = (name: Exclude<keyof LimitOptions, "countsRepeatedTokens">): number | undefined =>
    limits[name] === undefined ? undefined : checkInteger(`limits.${name}`, limits[name], 1, 1_000_000);
  return {
    clientConnections: check("clientConnections"),
    connectionsPerSecond: check("connectionsPerSecond"),
    iamRequestsPerSecond: check("iamRequestsPerSecond"),
    countsRepeatedTokens: checkBoolean("limits.countsRepeatedTokens", limits.countsRepeatedTokens ?? true),
  };
}
