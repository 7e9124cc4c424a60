import { inspect } from "node:util";
import { type AwsCredentials, generateCredentials } from "./aws-credentials.js";
import { capabilityBits, isCapabilityName } from "./mysql/capabilities.js";
import type {
  DatabaseSecret,
  LocalProxyOptions,
  MysqlGreetingOptions,
  ResolvedOptions,
  Upstream,
} from "./options.js";

// Node fires a timer with a longer delay at once.
const longestTimerMs = 2 ** 31 - 1;

// Written as records, so that the compiler asks for every name.
const optionNames: Readonly<Record<keyof LocalProxyOptions, true>> = {
  engine: true,
  upstream: true,
  port: true,
  user: true,
  users: true,
  region: true,
  endpointNames: true,
  mysql: true,
  credentials: true,
  deniedUsers: true,
  maxConnections: true,
  borrowTimeoutMs: true,
  loginTimeoutMs: true,
  requireTls: true,
  clockSkewMs: true,
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
const secretNames: Readonly<Record<keyof DatabaseSecret, true>> = { user: true, password: true };

const capabilityNames = Object.keys(capabilityBits).filter(isCapabilityName);

/** Checks the options and fills in the defaults. Throws a `TypeError` that names the first bad option. */
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
    user,
    secrets: resolveSecrets(user, upstream, options.users ?? {}),
    region: checkText("region", options.region ?? "us-east-1"),
    endpointNames: checkList("endpointNames", options.endpointNames ?? []).map(checkEndpointName),
    mysql: resolveMysql(options),
    credentials: checkCredentials(options.credentials ?? [generateCredentials()]),
    deniedUsers: new Set(checkList("deniedUsers", options.deniedUsers ?? [])),
    maxConnections: checkInteger("maxConnections", options.maxConnections ?? 100, 1, 1_000_000),
    borrowTimeoutMs: checkInteger("borrowTimeoutMs", options.borrowTimeoutMs ?? 120_000, 0, longestTimerMs),
    loginTimeoutMs: checkInteger("loginTimeoutMs", options.loginTimeoutMs ?? 30_000, 1, longestTimerMs),
    requireTls: checkBoolean("requireTls", options.requireTls ?? true),
    clockSkewMs: checkInteger("clockSkewMs", options.clockSkewMs ?? 300_000, 0, longestTimerMs),
    now: checkFunction("now", options.now ?? Date.now),
    recordMessages: checkBoolean("recordMessages", options.recordMessages ?? false),
    log: checkFunction("log", options.log ?? (() => {})),
  };
}

/** Checks a set of access keys and copies it; a message never shows them. */
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

function resolveSecrets(
  user: string,
  upstream: Upstream,
  users: Readonly<Record<string, DatabaseSecret>>,
): ResolvedOptions["secrets"] {
  const own = {
    user: checkText("upstream.user", upstream.user),
    password: checkPassword("upstream.password", upstream.password),
  };
  const others = Object.entries(users).map(([name, secret]) => {
    const option = `users.${checkText("users", name)}`;
    checkNames(option, secret, secretNames);
    const password = checkPassword(`${option}.password`, secret.password);
    return [name, { user: checkText(`${option}.user`, secret.user ?? name), password }] as const;
  });
  return new Map([[user, own], ...others]);
}

function checkNames(option: string, value: object, names: Readonly<Record<string, true>>): void {
  if (typeof value !== "object" || value === null) throw badOption(option, "an object", value);
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined) throw badOption(option, `only ${Object.keys(names).join(", ")}`, unknown);
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
