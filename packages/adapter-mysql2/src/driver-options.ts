import { checkDriverOptions } from "@rds-proxy/core";
import type { ConnectionOptions } from "mysql2";

type MysqlOptionName =
  | "bigNumberStrings"
  | "charset"
  | "connectAttributes"
  | "dateStrings"
  | "decimalNumbers"
  | "disableEval"
  | "enableKeepAlive"
  | "infileStreamFactory"
  | "jsonStrings"
  | "keepAliveInitialDelay"
  | "maxPreparedStatements"
  | "multipleStatements"
  | "namedPlaceholders"
  | "nestTables"
  | "queryFormat"
  | "rowsAsArray"
  | "stringifyObjects"
  | "supportBigNumbers"
  | "timezone"
  | "trace"
  | "typeCast";

/** Options of mysql2 that go with RDS Proxy and are handed on to it as they are. */
export const MYSQL_OPTION_NAMES: readonly MysqlOptionName[] = [
  "bigNumberStrings",
  "charset",
  "connectAttributes",
  "dateStrings",
  "decimalNumbers",
  "disableEval",
  "enableKeepAlive",
  "infileStreamFactory",
  "jsonStrings",
  "keepAliveInitialDelay",
  "maxPreparedStatements",
  "multipleStatements",
  "namedPlaceholders",
  "nestTables",
  "queryFormat",
  "rowsAsArray",
  "stringifyObjects",
  "supportBigNumbers",
  "timezone",
  "trace",
  "typeCast",
];

/** Options of mysql2 itself, as far as the installed version has them. */
export type MysqlOptions = Pick<ConnectionOptions, Extract<MysqlOptionName, keyof ConnectionOptions>>;

const SIGNED = "Leave it out: a token is signed for each login.";
const PLACE = "Give host, port, user and database as options or in the environment.";

/** What mysql2 would take and a proxied login must not have, with the way out. */
const REMEDIES: Readonly<Record<string, string>> = {
  password: SIGNED,
  password1: SIGNED,
  password2: SIGNED,
  password3: SIGNED,
  passwordSha1: SIGNED,
  authPlugins: SIGNED,
  authSwitchHandler: SIGNED,
  enableCleartextPlugin: SIGNED,
  ssl: "Verification is always on; extra roots go into `ssl: { ca }`.",
  uri: PLACE,
  socketPath: PLACE,
  stream: PLACE,
  compress: "RDS Proxy does not speak the compressed protocol.",
  connectTimeout: "The limit of one attempt is `connectTimeoutMs`.",
  connectionLimit: "The number of connections is `maxConnections`.",
  resetOnRelease: "RDS Proxy resets sessions itself; a reset of ours would be one round trip more.",
  waitForConnections: "Callers wait until `acquireTimeoutMs`.",
  debug: "It would print the token.",
};

/**
 * Checks what is meant for mysql2.
 *
 * @throws RdsProxyError for an unknown name, and for what a proxied login must not have
 */
export function checkMysqlOptions<T extends object>(given: T, known: readonly string[]): T {
  checkDriverOptions(given, known, REMEDIES);
  return given;
}
