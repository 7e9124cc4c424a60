import { Socket } from "node:net";
import type { Endpoint, ResolvedRdsProxyOptions } from "@rds-proxy/core";
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
  const isDialledByName = endpoint.host === tls.servername && !tls.prepare;
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
    ...(isDialledByName ? {} : { stream: () => new DiallingSocket(endpoint, tls.prepare) }),
  };
}

/** A socket that dials the endpoint's address, not the verified name that node-postgres passes to it. */
class DiallingSocket extends Socket {
  readonly #endpoint: Endpoint;
  readonly #prepare: (() => Promise<void>) | undefined;

  constructor(endpoint: Endpoint, prepare: (() => Promise<void>) | undefined) {
    super();
    this.#endpoint = endpoint;
    this.#prepare = prepare;
  }

  override connect(): this {
    const { host, port } = this.#endpoint;
    if (!this.#prepare) return super.connect(port, host);
    this.#prepare().then(
      () => super.connect(port, host),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }
}
