/**
 * Bits of a greeting's capabilities by their names: MySQL's without `CLIENT_`, MariaDB's without `MARIADB_CLIENT_`.
 * Sources: https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html and
 * https://mariadb.com/docs/server/reference/clientserver-protocol/1-connecting/connection
 */
const CAPABILITIES = {
  MYSQL: 0,
  FOUND_ROWS: 1,
  LONG_FLAG: 2,
  CONNECT_WITH_DB: 3,
  NO_SCHEMA: 4,
  COMPRESS: 5,
  ODBC: 6,
  LOCAL_FILES: 7,
  IGNORE_SPACE: 8,
  PROTOCOL_41: 9,
  INTERACTIVE: 10,
  SSL: 11,
  IGNORE_SIGPIPE: 12,
  TRANSACTIONS: 13,
  RESERVED: 14,
  SECURE_CONNECTION: 15,
  MULTI_STATEMENTS: 16,
  MULTI_RESULTS: 17,
  PS_MULTI_RESULTS: 18,
  PLUGIN_AUTH: 19,
  CONNECT_ATTRS: 20,
  PLUGIN_AUTH_LENENC_CLIENT_DATA: 21,
  CAN_HANDLE_EXPIRED_PASSWORDS: 22,
  SESSION_TRACK: 23,
  DEPRECATE_EOF: 24,
  OPTIONAL_RESULTSET_METADATA: 25,
  ZSTD_COMPRESSION_ALGORITHM: 26,
  QUERY_ATTRIBUTES: 27,
  MULTI_FACTOR_AUTHENTICATION: 28,
  PROGRESS: 32,
  STMT_BULK_OPERATIONS: 34,
  EXTENDED_METADATA: 35,
  CACHE_METADATA: 36,
  BULK_UNIT_RESULTS: 37,
} as const;

export type CapabilityName = keyof typeof CAPABILITIES;

export function capabilitySet(...names: readonly CapabilityName[]): bigint {
  return names.reduce((set, name) => set | (1n << BigInt(CAPABILITIES[name])), 0n);
}

export function hasCapability(set: bigint, name: CapabilityName): boolean {
  return (set & capabilitySet(name)) !== 0n;
}

export function capabilityNames(set: bigint): readonly CapabilityName[] {
  return Object.keys(CAPABILITIES)
    .filter((name): name is CapabilityName => Object.hasOwn(CAPABILITIES, name))
    .filter((name) => hasCapability(set, name));
}
