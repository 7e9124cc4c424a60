import type { TargetRole } from "./endpoint.js";
import type { SslOptions } from "./verified-tls.js";

/** Where the database is and who logs in. */
export interface EndpointOptions {
  /**
   * Host to connect to; an IPv6 address with or without brackets.
   *
   * @default `RDS_PROXY_ENDPOINT` (`host` or `host:port`), then `PGHOST` or `MYSQL_HOST`; for a `targetRole` of `"read-only"`
   *   only `RDS_PROXY_READER_ENDPOINT`
   */
  host?: string | undefined;
  /**
   * `"read-only"` for a reader endpoint, of a proxy or of a cluster. A write that it refuses then concerns the statement only; on
   * other endpoints it is the sign of a failover, after which the connection is closed.
   *
   * @default "read-write"
   */
  targetRole?: TargetRole | undefined;
  /** @default the port in `RDS_PROXY_ENDPOINT`, `RDS_PROXY_PORT`, `PGPORT` or `MYSQL_TCP_PORT`, then 5432 or 3306 */
  port?: number | undefined;
  /**
   * Database user.
   *
   * @default `RDS_PROXY_USER`, then `PGUSER` or `MYSQL_USER`, then the user in `secret`
   */
  user?: string | undefined;
  /**
   * @default `RDS_PROXY_DATABASE`, then `PGDATABASE` or `MYSQL_DATABASE`, then, on PostgreSQL, the user's name, and `postgres` for
   *   Aurora DSQL
   */
  database?: string | undefined;
  /**
   * AWS region of the endpoint.
   *
   * @default the region in the endpoint's name, then `AWS_REGION`, then `AWS_DEFAULT_REGION`; none for the endpoint of an Aurora
   *   global database
   */
  region?: string | undefined;
  /**
   * Host that the token is signed for, if `host` is a tunnel or a CNAME.
   *
   * @default `host`
   */
  signingHost?: string | undefined;
  /**
   * Port that the token is signed for.
   *
   * @default `port`; with `signingHost`, the engine's port
   */
  signingPort?: number | undefined;
  /**
   * Additional certificates, and TLS versions. Verification is always on, with or without `true`. mysql2's `"Amazon RDS"` adds
   * the RDS roots.
   *
   * @default `true`
   */
  ssl?: SslOptions | true | "Amazon RDS" | undefined;
}
