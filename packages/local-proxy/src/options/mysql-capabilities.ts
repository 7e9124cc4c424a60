/**
 * What server and client can agree on, by the number of its bit: the lower 32 are MySQL's, the upper 32 MariaDB's
 * extension. Names are MySQL's without `CLIENT_`, and MariaDB's without `MARIADB_CLIENT_`. What is missing here cannot be
 * relayed or is not worth it: compression, query attributes, optional result metadata, factors of login, progress.
 */
export const capabilityBits = {
  /** MySQL's CLIENT_LONG_PASSWORD. A MariaDB server that knows the upper 32 bits leaves it out. */
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

/** A capability by name. */
export type CapabilityName = keyof typeof capabilityBits;

/** A set with these in it. */
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

// The proxy's own business, at its login on either side.
const ofLogin = capabilitySet(
  "PROTOCOL_41",
  "SECURE_CONNECTION",
  "PLUGIN_AUTH",
  "PLUGIN_AUTH_LENENC_CLIENT_DATA",
);

const relayable =
  capabilitySet(...Object.keys(capabilityBits).filter(isCapabilityName)) & ~capabilitySet("SSL");

/** What every server since MySQL 5.5 has: for a greeting while the server cannot be asked. */
export const universalCapabilities: bigint =
  ofLogin |
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

/** What clients are offered in front of a server that offers `upstream`. */
export function offeredCapabilities(upstream: bigint, withheld: readonly CapabilityName[]): bigint {
  return (upstream & relayable & ~capabilitySet(...withheld)) | ofLogin | capabilitySet("SSL");
}

/** What the proxy claims at the server for a client that chose `chosen` of what it was offered. */
export function upstreamCapabilities(chosen: bigint): bigint {
  return (chosen & relayable) | ofLogin;
}
