import { type CapabilityName, capabilitySet } from "./capabilities.js";

/** Those of every server since MySQL 5.7 and MariaDB 10.4 that the local proxy can withhold. */
const UNIVERSAL: readonly CapabilityName[] = [
  "FOUND_ROWS",
  "LONG_FLAG",
  "CONNECT_WITH_DB",
  "NO_SCHEMA",
  "ODBC",
  "IGNORE_SPACE",
  "INTERACTIVE",
  "IGNORE_SIGPIPE",
  "TRANSACTIONS",
  "RESERVED",
  "MULTI_STATEMENTS",
  "MULTI_RESULTS",
  "PS_MULTI_RESULTS",
  "CONNECT_ATTRS",
  "CAN_HANDLE_EXPIRED_PASSWORDS",
  "SESSION_TRACK",
  "DEPRECATE_EOF",
];

/** MariaDB's own, with the version that brought them. */
const OF_MARIADB: readonly (readonly [
  name: CapabilityName,
  since: readonly [major: number, minor: number],
])[] = [
  ["STMT_BULK_OPERATIONS", [10, 2]],
  ["EXTENDED_METADATA", [10, 5]],
  ["CACHE_METADATA", [10, 6]],
  ["BULK_UNIT_RESULTS", [11, 5]],
];

/**
 * What a server of this version offers, of what the local proxy can withhold; undefined for versions that RDS Proxy does not
 * support.
 *
 * @param version as `version()` returns it
 * @param allowsLocalFiles the variable `local_infile`
 */
export function serverCapabilities(version: string, allowsLocalFiles: boolean): bigint | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const isAtLeast = ([ofMajor, ofMinor]: readonly [number, number]): boolean =>
    Number(major) > ofMajor || (Number(major) === ofMajor && Number(minor) >= ofMinor);
  const always = allowsLocalFiles ? [...UNIVERSAL, "LOCAL_FILES" as const] : UNIVERSAL;
  if (!version.includes("MariaDB")) {
    return isAtLeast([5, 7]) ? capabilitySet(...always, "MYSQL") : undefined;
  }
  if (!isAtLeast([10, 4])) return undefined;
  return capabilitySet(...always, ...OF_MARIADB.flatMap(([name, since]) => (isAtLeast(since) ? [name] : [])));
}
