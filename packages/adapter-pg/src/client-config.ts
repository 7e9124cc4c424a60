import { canDialByName, DiallingSocket, type ResolvedRdsProxyOptions } from "@rds-proxy/core";
import type pg from "pg";
import type { PgOptions } from "./driver-options.js";

/**
 * What node-postgres needs for one login: verified TLS, and a password that is signed when the server asks.
 *
 * @param password signs a token; called once per physical connection
 */
export function clientConfig(
  { endpoint, tls }: ResolvedRdsProxyOptions,
  driverOptions: PgOptions,
  password: () => Promise<string>,
): pg.ClientConfig {
  return {
    ...driverOptions,
    // node-postgres verifies the certificate against `host`, whatever `ssl.servername` says.
    host: tls.servername,
    port: endpoint.port,
    user: endpoint.user,
    ...(endpoint.database === undefined ? {} : { database: endpoint.database }),
    password,
    ssl: {
      // Stated, because NODE_TLS_REJECT_UNAUTHORIZED=0 would change the default.
      rejectUnauthorized: true,
      // A getter, because the roots are only read when the handshake begins.
      get secureContext() {
        return tls.secureContext();
      },
    },
    ...(canDialByName(endpoint, tls) ? {} : { stream: () => new DiallingSocket(endpoint, tls) }),
  };
}
