import type { ConnectionOptions } from "node:tls";
import {
  createDialingSocket,
  invalidOption,
  type ResolvedRdsProxyOptions,
  type VerifiedTls,
} from "@rds-proxy/core/adapter";
import { builtinModule } from "@rds-proxy/core/internal";
import type pg from "pg";
import type { PgOptions } from "./driver-options.js";

/**
 * What node-postgres needs for one login: verified TLS, and a token that is signed when the server asks.
 *
 * @param password signs a token, or reads the secret. Called once per physical connection
 */
export function clientConfig(
  { endpoint, tls }: ResolvedRdsProxyOptions,
  driverOptions: PgOptions,
  password: () => Promise<string>,
): pg.ClientConfig {
  const ssl = Object.defineProperty(verification(tls), "secureContext", {
    // Created when the first handshake begins, once for all connections.
    get: () => tls.secureContext(),
    enumerable: true,
  });
  return {
    ...driverOptions,
    // node-postgres sends its `host` as SNI and ignores `ssl.servername`.
    host: tls.servername,
    port: endpoint.port,
    user: endpoint.user,
    ...(endpoint.database === undefined ? {} : { database: endpoint.database }),
    password,
    // Always set, because PGSSLNEGOTIATION would change the default, and AWS does not document direct TLS for RDS Proxy.
    sslnegotiation: driverOptions.sslnegotiation ?? "postgres",
    ssl,
    stream(connection?: { ssl?: unknown }) {
      // node-postgres reads `ssl` from this object next. A library may have copied it before the roots were loaded, so each
      // connection gets the original.
      if (connection) connection.ssl = ssl;
      return createDialingSocket(endpoint, tls);
    },
  };
}

/**
 * The same for other libraries, which may copy it deeply: it has plain values and functions instead of Node's
 * `SecureContext`. If roots have to be loaded, `stream` adds them.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` if only the secret contains the user
 */
export function portableClientConfig(
  options: ResolvedRdsProxyOptions,
  driverOptions: PgOptions,
  password: () => Promise<string>,
): pg.ClientConfig {
  const { connectTimeoutMs, endpoint, tls } = options;
  if (endpoint.user === "") {
    throw invalidOption(
      "user",
      "the user of the secret",
      "none",
      "These options are plain values, which cannot wait until the secret is read: set `user`, RDS_PROXY_USER or PGUSER.",
    );
  }
  const ca = tls.roots();
  return {
    ...clientConfig(options, driverOptions, password),
    ssl: { ...verification(tls), ...(ca ? { ca } : {}) },
    connectionTimeoutMillis: connectTimeoutMs,
  };
}

/** Always set, because NODE_TLS_REJECT_UNAUTHORIZED=0 and the version of node-postgres change what is verified by default. */
function verification({ servername, versions }: VerifiedTls): ConnectionOptions {
  return {
    ...versions,
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) =>
      builtinModule("node:tls").checkServerIdentity(servername, certificate),
  };
}
