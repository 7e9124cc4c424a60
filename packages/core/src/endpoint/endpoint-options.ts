import type { SslOptions } from "./verified-tls.js";

/** Where the database is and who logs in. */
export interface EndpointOptions {
  /**
   * Endpoint to dial; an IPv6 address with or without brackets. Default: RDS_PROXY_ENDPOINT (`host` or `host:port`), then
   * PGHOST or MYSQL_HOST.
   */
  host?: string | undefined;
  /** Default: the port in RDS_PROXY_ENDPOINT, RDS_PROXY_PORT, PGPORT or MYSQL_TCP_PORT, then 5432 or 3306. */
  port?: number | undefined;
  /** Database user. Default: RDS_PROXY_USER, then PGUSER or MYSQL_USER; then the user of `secret`. */
  user?: string | undefined;
  /** Default: RDS_PROXY_DATABASE, then PGDATABASE or MYSQL_DATABASE; then, on PostgreSQL, the user's name. */
  database?: string | undefined;
  /**
   * AWS region of the endpoint. Default: from the endpoint's name, then AWS_REGION, then AWS_DEFAULT_REGION. The endpoint
   * of an Aurora global database has no default.
   */
  region?: string | undefined;
  /** Host the token is signed for, when `host` is a tunnel or a CNAME. Default: `host`. */
  signingHost?: string | undefined;
  /** Port the token is signed for. Default: `port`; with `signingHost`, the engine's port. */
  signingPort?: number | undefined;
  /**
   * Extra trust, and versions of TLS. Verification itself is always on: `true` asks for what happens anyway, and mysql2's
   * `"Amazon RDS"` for the RDS roots, where Node's own are not enough.
   */
  ssl?: SslOptions | true | "Amazon RDS" | undefined;
}
