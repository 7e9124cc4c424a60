/**
 * The bit numbers of capability flags: the lower 32 are MySQL's, the upper 32 MariaDB's extension. The names are
 * MySQL's without `CLIENT_`, and MariaDB's without `MARIADB_CLIENT_`. Not supported: compression, query attributes,
 * optional result metadata, multi-factor authentication, progress reports.
 */
export const capabilityBits = {
  /** MySQL's CLIENT_LONG_PASSWORD. A MariaDB server with the upper 32 bits does not set it. */
  MYSQL: 0,
  FOUND_ROWS: 1,
  LONG_FLAG: 2,
  CONNECT_WITH_DB: 3,
  NO_SCHEMA: 4,
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
  STMT_BULK_OPERATIONS: 34,
  EXTENDED_METADATA: 35,
  CACHE_METADATA: 36,
  BULK_UNIT_RESULTS: 37,
} as const;

/** The name of a capability. */
export type CapabilityName = keyof typeof capabilityBits;

/** The set of these capabilities. */
export function capabilitySet(...names: readonly CapabilityName[]): bigint {
  return names.reduce((set, name) => set | (1n << BigInt(capabilityBits[name])), 0n);
}

export function hasCapability(set: bigint, name: CapabilityName): boolean {
  return (set & capabilitySet(name)) !== 0n;
}

/** Whether this is the name of a capability. */
export function isCapabilityName(name: string): name is CapabilityName {
  return Object.hasOwn(capabilityBits, name);
}

// Capabilities that the proxy needs for its own logins on either side.
const loginCapabilities = capabilitySet(
  "PROTOCOL_41",
  "SECURE_CONNECTION",
  "PLUGIN_AUTH",
  "PLUGIN_AUTH_LENENC_CLIENT_DATA",
);

const relayable =
  capabilitySet(...Object.keys(capabilityBits).filter(isCapabilityName)) & ~capabilitySet("SSL");

/** Capabilities of every server since MySQL 5.5, for a greeting while the server cannot be reached. */
export const universalCapabilities: bigint =
  loginCapabilities |
  capabilitySet(
    "MYSQL",
    "FOUND_ROWS",
    "LONG_FLAG",
    "CONNECT_WITH_DB",
    "NO_SCHEMA",
    "ODBC",
    "LOCAL_FILES",
    "IGNORE_SPACE",
    "INTERACTIVE",
    "IGNORE_SIGPIPE",
    "TRANSACTIONS",
    "RESERVED",
    "MULTI_STATEMENTS",
    "MULTI_RESULTS",
    "PS_MULTI_RESULTS",
  );

/** The capabilities that clients are offered when the server offers `upstream`. */
export function offeredCapabilities(upstream: bigint, withheld: readonly CapabilityName[]): bigint {
  return (upstream & relayable & ~capabilitySet(...withheld)) | loginCapabilities | capabilitySet("SSL");
}

/** The capabilities for the proxy's login at the server, for a client that chose `chosen`. */
export function upstreamCapabilities(chosen: bigint): bigint {
  return (chosen & relayable) | loginCapabilities;
}
