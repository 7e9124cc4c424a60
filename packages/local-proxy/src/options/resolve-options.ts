import { isIP } from "node:net";
import { inspect } from "node:util";
import { mysqlPinReasons } from "../pinning/mysql-pin-rules.js";
import type { PinRule } from "../pinning/pin.js";
import { postgresPinReasons } from "../pinning/postgres-pin-rules.js";
import { type AwsCredentials, generateCredentials } from "./aws-credentials.js";
import { capabilityBits, isCapabilityName } from "./mysql-capabilities.js";
import { nearestName } from "./nearest-name.js";
import type {
  AuthenticationMode,
  DatabaseSecret,
  LimitOptions,
  LocalProxyOptions,
  MysqlGreetingOptions,
  PinningOptions,
  PostgresGreetingOptions,
  ResolvedOptions,
  ResolvedPinning,
  ResolvedSecret,
  Upstream,
} from "./options.js";

// Longer delays overflow, and Node fires the timer at once.
const longestTimerMs = 2 ** 31 - 1;

// Records, not lists, so that the compiler reports a missing name.
export const optionNames: Readonly<Record<keyof LocalProxyOptions, true>> = {
  engine: true,
  upstream: true,
  port: true,
  listen: true,
  user: true,
  users: true,
  region: true,
  endpointNames: true,
  postgres: true,
  mysql: true,
  credentials: true,
  deniedUsers: true,
  authentication: true,
  multiplexing: true,
  maxConnections: true,
  maxConnectionsPercent: true,
  maxIdleConnectionsPercent: true,
  borrowTimeoutMs: true,
  unreachableDatabase: true,
  statementBorrowTimeout: true,
  idleClientTimeoutMs: true,
  maxLifeMs: true,
  networkIdleMs: true,
  initQuery: true,
  targetRole: true,
  unnamedStatement: true,
  pinning: true,
  limits: true,
  loginTimeoutMs: true,
  requireTls: true,
  clockSkewMs: true,
  tokenLifetime: true,
  tokenHostCase: true,
  requireSni: true,
  now: true,
  recordMessages: true,
  log: true,
};
const upstreamNames: Readonly<Record<keyof Upstream, true>> = {
  host: true,
  port: true,
  user: true,
  password: true,
  database: true,
};
const mysqlNames: Readonly<Record<keyof MysqlGreetingOptions, true>> = {
  authPlugin: true,
  serverVersion: true,
  withheldCapabilities: true,
};
const postgresNames: Readonly<Record<keyof PostgresGreetingOptions, true>> = {
  parameterStatus: true,
  sendsBackendKey: true,
  clientPasswordAuthType: true,
  newerProtocol: true,
  directTls: true,
};
const pinningNames: Readonly<Record<keyof PinningOptions, true>> = {
  rules: true,
  statementLimit: true,
  statementLimitUnit: true,
  countsBoundValues: true,
  filters: true,
};
const limitNames: Readonly<Record<keyof LimitOptions, true>> = {
  clientConnections: true,
  connectionsPerSecond: true,
  iamRequestsPerSecond: true,
};
const secretNames: Readonly<Record<keyof DatabaseSecret, true>> = {
  user: true,
  password: true,
  authentication: true,
};

const authenticationModes: readonly AuthenticationMode[] = ["iam", "password", "end-to-end-iam"];
const pinReasons = { postgres: postgresPinReasons, mysql: mysqlPinReasons };
// AWS documents nothing about several statements in one query, so each is checked on its own.
const rulesOffByDefault: ReadonlySet<string> = new Set<PinRule>([
  "multi-statement",
  // unnamedStatement: "pin" switches it on.
  "unnamed-statement",
  "diagnostics",
  "calc-found-rows",
]);
const defaultStatementLimit = 16_384;

const capabilityNames = Object.keys(capabilityBits).filter(isCapabilityName);

/** Validates the options and applies the defaults. Throws a `TypeError` that names the first bad option. */
export function resolveOptions(options: LocalProxyOptions): ResolvedOptions {
  checkNames("options", options, optionNames);
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

/** Validates and copies access keys. The error does not contain them. */
export function checkCredentials(credentials: readonly AwsCredentials[]): readonly AwsCredentials[] {
  const isComplete = (one: AwsCredentials): boolean => Boolean(one?.accessKeyId && one.secretAccessKey);
  if (!Array.isArray(credentials) || credentials.length === 0 || !credentials.every(isComplete)) {
    throw new TypeError(
      "option credentials: expected a list of at least one { accessKeyId, secretAccessKey, sessionToken? }",
    );
  }
  return credentials.map(({ accessKeyId, secretAccessKey, sessionToken }) => ({
    accessKeyId,
    secretAccessKey,
    sessionToken,
  }));
}

function resolveMysql({ engine, mysql = {} }: LocalProxyOptions): ResolvedOptions["mysql"] {
  checkNames("mysql", mysql, mysqlNames);
  if (engine !== "mysql" && Object.keys(mysql).length > 0) {
    throw badOption("mysql", `nothing, since engine is ${JSON.stringify(engine)}`, mysql);
  }
  const { authPlugin, serverVersion, withheldCapabilities } = mysql;
  return {
    authPlugin: checkOneOf(
      "mysql.authPlugin",
      ["mysql_native_password", "caching_sha2_password"],
      authPlugin ?? "caching_sha2_password",
    ),
    serverVersion: serverVersion && checkText("mysql.serverVersion", serverVersion),
    withheldCapabilities: checkList("mysql.withheldCapabilities", withheldCapabilities ?? []).map((name) =>
      checkOneOf("mysql.withheldCapabilities", capabilityNames, name),
    ),
  };
}

function resolvePostgres({ engine, postgres = {} }: LocalProxyOptions): ResolvedOptions["postgres"] {
  checkNames("postgres", postgres, postgresNames);
  if (engine !== "postgres" && Object.keys(postgres).length > 0) {
    throw badOption("postgres", `nothing, since engine is ${JSON.stringify(engine)}`, postgres);
  }
  const { parameterStatus } = postgres;
  for (const [name, value] of Object.entries(parameterStatus ?? {})) {
    checkText("postgres.parameterStatus", name);
    if (typeof value !== "string") throw badOption(`postgres.parameterStatus.${name}`, "a string", value);
  }
  return {
    parameterStatus: parameterStatus && { ...parameterStatus },
    sendsBackendKey: checkBoolean("postgres.sendsBackendKey", postgres.sendsBackendKey ?? true),
    clientPasswordAuthType: checkOneOf(
      "postgres.clientPasswordAuthType",
      ["scram-sha-256", "md5", "cleartext"],
      postgres.clientPasswordAuthType ?? "scram-sha-256",
    ),
    newerProtocol: checkOneOf(
      "postgres.newerProtocol",
      ["refuse", "negotiate", "accept"],
      postgres.newerProtocol ?? "refuse",
    ),
    directTls: checkBoolean("postgres.directTls", postgres.directTls ?? false),
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

function resolveUnnamedStatement({
  engine,
  unnamedStatement,
}: LocalProxyOptions): ResolvedOptions["unnamedStatement"] {
  if (engine !== "postgres" && unnamedStatement !== undefined) {
    throw badOption(
      "unnamedStatement",
      `nothing, since engine is ${JSON.stringify(engine)}`,
      unnamedStatement,
    );
  }
  return checkOneOf("unnamedStatement", ["prepare", "pin", "refuse"], unnamedStatement ?? "prepare");
}

function resolvePinning({ engine, pinning = {}, unnamedStatement }: LocalProxyOptions): ResolvedPinning {
  checkNames("pinning", pinning, pinningNames);
  const known = Object.keys(pinReasons[engine]);
  const switches = new Map<string, boolean>();
  for (const [rule, isOn] of Object.entries(pinning.rules ?? {})) {
    checkOneOf("pinning.rules", known, rule);
    if (isOn !== undefined) switches.set(rule, checkBoolean(`pinning.rules.${rule}`, isOn));
  }
  const filters = checkList("pinning.filters", pinning.filters ?? []);
  if (engine !== "mysql" && filters.length > 0) {
    throw badOption("pinning.filters", `nothing, since engine is ${JSON.stringify(engine)}`, filters);
  }
  for (const filter of filters) checkOneOf("pinning.filters", ["EXCLUDE_VARIABLE_SETS"], filter);
  if (unnamedStatement === "pin") switches.set("unnamed-statement", true);
  const isOn = (rule: string): boolean => switches.get(rule) ?? !rulesOffByDefault.has(rule);
  return {
    rules: new Set(known.filter(isPinRule).filter(isOn)),
    statementLimit: checkInteger(
      "pinning.statementLimit",
      pinning.statementLimit ?? defaultStatementLimit,
      1,
      defaultStatementLimit,
    ),
    statementLimitUnit: checkOneOf(
      "pinning.statementLimitUnit",
      ["bytes", "characters"],
      pinning.statementLimitUnit ?? "bytes",
    ),
    countsBoundValues: checkBoolean("pinning.countsBoundValues", pinning.countsBoundValues ?? false),
    excludesVariableSets: filters.length > 0,
  };
}

function isPinRule(name: string): name is PinRule {
  return Object.hasOwn(postgresPinReasons, name) || Object.hasOwn(mysqlPinReasons, name);
}

function resolveLimits(limits: LimitOptions): LimitOptions {
  checkNames("limits", limits, limitNames);
  const check = (name: keyof LimitOptions): number | undefined =>
    limits[name] === undefined ? undefined : checkInteger(`limits.${name}`, limits[name], 1, 1_000_000);
  return {
    clientConnections: check("clientConnections"),
    connectionsPerSecond: check("connectionsPerSecond"),
    iamRequestsPerSecond: check("iamRequestsPerSecond"),
  };
}

function resolveSecrets(
  user: string,
  { upstream, users = {}, authentication }: LocalProxyOptions,
): ResolvedOptions["secrets"] {
  const usual = authentication === "password" ? "password" : "iam";
  const own = {
    user: checkText("upstream.user", upstream.user),
    password: checkPassword("upstream.password", upstream.password),
    authentication: usual,
  } as const;
  const others = Object.entries(users).map(([name, secret]) => {
    const option = `users.${checkText("users", name)}`;
    checkNames(option, secret, secretNames);
    const password = checkPassword(`${option}.password`, secret.password);
    const ofUser = checkOneOf(
      `${option}.authentication`,
      ["iam", "password"],
      secret.authentication ?? usual,
    );
    return [
      name,
      { user: checkText(`${option}.user`, secret.user ?? name), password, authentication: ofUser },
    ] as const;
  });
  return new Map<string, ResolvedSecret>([[user, own], ...others]);
}

function checkNames(option: string, value: object, names: Readonly<Record<string, true>>): void {
  if (typeof value !== "object" || value === null) throw badOption(option, "an object", value);
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(names, name));
  if (unknown === undefined) return;
  const known = Object.keys(names);
  const nearest = nearestName(unknown, known);
  if (nearest === undefined) throw badOption(option, `only ${known.join(", ")}`, unknown);
  throw new TypeError(`option ${option}: there is no ${inspect(unknown)}; did you mean ${inspect(nearest)}?`);
}

function checkText(option: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  throw badOption(option, "a non-empty string", value);
}

function checkPassword(option: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === "string" && !value.includes("\0"))) return value;
  throw badOption(option, "a string", typeof value);
}

function checkInteger(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw badOption(option, `a whole number from ${least} to ${most}`, value);
}

function checkOneOf<Choice extends string>(
  option: string,
  choices: readonly Choice[],
  value: string,
): Choice {
  const choice = choices.find((known) => known === value);
  if (choice !== undefined) return choice;
  throw badOption(option, choices.map((known) => JSON.stringify(known)).join(" or "), value);
}

function checkAddress(option: string, value: string): string {
  if (isIP(value) !== 0) return value;
  throw badOption(option, 'an IP address, such as "127.0.0.1" or "0.0.0.0"', value);
}

function checkBoolean(option: string, value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw badOption(option, "true or false", value);
}

function checkFunction<F>(option: string, value: F): F {
  if (typeof value === "function") return value;
  throw badOption(option, "a function", value);
}

function checkList(option: string, value: readonly string[]): readonly string[] {
  if (!Array.isArray(value)) throw badOption(option, "a list of strings", value);
  return value.map((entry) => checkText(option, entry));
}

function checkEndpointName(name: string): string {
  if (/^[A-Za-z0-9.-]+(:\d{1,5})?$/.test(name)) return name;
  throw badOption("endpointNames", "host names, each with a port or without", name);
}

function badOption(option: string, expected: string, value: unknown): TypeError {
  return new TypeError(`option ${option}: expected ${expected}, got ${inspect(value, { depth: 0 })}`);
}
