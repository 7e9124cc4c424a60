import { capabilityBits, isCapabilityName } from "./mysql-capabilities.js";
import { badOption, checkBoolean, checkList, checkNames, checkOneOf, checkText } from "./option-checks.js";
import type {
  LocalProxyOptions,
  MysqlGreetingOptions,
  PostgresGreetingOptions,
  ResolvedOptions,
} from "./options.js";

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

const capabilityNames = Object.keys(capabilityBits).filter(isCapabilityName);

export function resolveMysql({ engine, mysql = {} }: LocalProxyOptions): ResolvedOptions["mysql"] {
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
    serverVersion:
      serverVersion === true || serverVersion === undefined
        ? undefined
        : checkText("mysql.serverVersion", serverVersion),
    withheldCapabilities: checkList("mysql.withheldCapabilities", withheldCapabilities ?? []).map((name) =>
      checkOneOf("mysql.withheldCapabilities", capabilityNames, name),
    ),
  };
}

export function resolvePostgres({ engine, postgres = {} }: LocalProxyOptions): ResolvedOptions["postgres"] {
  checkNames("postgres", postgres, postgresNames);
  if (engine !== "postgres" && Object.keys(postgres).length > 0) {
    throw badOption("postgres", `nothing, since engine is ${JSON.stringify(engine)}`, postgres);
  }
  const { parameterStatus } = postgres;
  for (const [name, value] of Object.entries(parameterStatus ?? {})) {
    checkText("postgres.parameterStatus", name);
    if (typeof value !== "string" && value !== true) {
      throw badOption(`postgres.parameterStatus.${name}`, "a string, or true for the server's value", value);
    }
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
