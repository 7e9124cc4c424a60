import type { ConnectionOptions } from "node:tls";
import {
  createDialingSocket,
  invalidOption,
  type ResolvedRdsProxyOptions,
  type VerifiedTls,
} from "@rds-proxy/core/adapter";
import { builtinModule, canDialByName } from "@rds-proxy/core/internal";
import type pg from "pg";
import type { PgOptions } from "./driver-options.js";

/**
 * What node-postgres needs for one login: verified TLS, and a password that is signed when the server asks.
 *
 * @param password signs a token, or reads the secret; called once per physical connection
 */
export function clientConfig(
  { endpoint, tls }: ResolvedRdsProxyOptions,
  driverOptions: PgOptions,
  password: () => Promise<string>,
): pg.ClientConfig {
  const ssl = Object.defineProperty(verification(tls), "secureContext", {
    // Read when the handshake begins, made once for all connections.
    get: () => tls.secureContext(),
    enumerable: true,
  });
  return {
    ...driverOptions,
    // node-postgres sends its `host` as SNI, whatever `ssl.servername` says.
    host: tls.servername,
    port: endpoint.port,
    user: endpoint.user,
    ...(endpoint.database === undefined ? {} : { database: endpoint.database }),
    password,
    // Stated, because PGSSLNEGOTIATION would change the default, and RDS Proxy is not known to take the other way.
    sslnegotiation: driverOptions.sslnegotiation ?? "postgres",
    ssl,
    ...(canDialByName(endpoint, tls)
      ? {}
      : {
          stream(connection?: { ssl?: unknown }) {
            // node-postgres passes what it is about to read `ssl` from. Roots that have to be loaded are missing in a
            // copy that was made before, so each connection gets the original.
            if (connection) connection.ssl = ssl;
            return createDialingSocket(endpoint, tls);
          },
        }),
  };
}

/**
 * The same for other libraries, which may copy it deeply: plain values and functions instead of an object of Node's
 * own. Where roots have to be loaded, `stream` brings them.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` where the user is in a secret only
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
      "These options are plain values, which do not wait for `secret` to be read: set `user`, RDS_PROXY_USER or PGUSER.",
    );
  }
  const ca = tls.roots();
  return {
    ...clientConfig(options, driverOptions, password),
    ssl: { ...verification(tls), ...(ca ? { ca } : {}) },
    connectionTimeoutMillis: connectTimeoutMs,
  };
}

/** Stated, because NODE_TLS_REJECT_UNAUTHORIZED=0 and versions of node-postgres differ in what they verify. */
function verification({ servername, versions }: VerifiedTls): ConnectionOptions {
  return {
    ...versions,
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) =>
      builtinModule("node:tls").checkServerIdentity(servername, certificate),
  };
}
