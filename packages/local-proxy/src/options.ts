import type { AwsCredentials } from "./aws-credentials.js";
import type { CapabilityName } from "./mysql/capabilities.js";

/** The user and password by which the proxy logs in to the database: what Secrets Manager holds for a real proxy. */
export interface DatabaseSecret {
  /** Default: the name by which the client logs in to the proxy. */
  readonly user?: string | undefined;
  /** Default: none, for a server that trusts local connections. */
  readonly password?: string | undefined;
}

/** The real server behind the proxy. The connection to it is not encrypted. */
export interface Upstream {
  /** Name or address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
  /** The user by which the proxy logs in to it. */
  readonly user: string;
  /** That user's password. Default: none. */
  readonly password?: string | undefined;
  /**
   * The database for `environment`. Under PostgreSQL also for clients that name none, by default the client's user name;
   * a MySQL client that names none gets none.
   */
  readonly database?: string | undefined;
}

/** What a MySQL client is greeted with. AWS does not say what a real proxy's greeting holds. */
export interface MysqlGreetingOptions {
  /**
   * The authentication method that the greeting names; whichever it is, the client is asked to switch to
   * `mysql_clear_password`. Default `"caching_sha2_password"`.
   */
  readonly authPlugin?: "mysql_native_password" | "caching_sha2_password" | undefined;
  /** The version that the server claims to be. Default: the real server's own. */
  readonly serverVersion?: string | undefined;
  /**
   * Capabilities that clients are not offered although the real server has them, by MySQL's names without `CLIENT_`, or
   * MariaDB's without `MARIADB_CLIENT_`; such as `"DEPRECATE_EOF"`. Default: none.
   */
  readonly withheldCapabilities?: readonly CapabilityName[] | undefined;
}

/** What {@link startLocalProxy} takes. */
export interface LocalProxyOptions {
  /** The protocol to speak; `"mysql"` is MariaDB's, too. */
  readonly engine: "postgres" | "mysql";
  /** The real server behind the proxy. */
  readonly upstream: Upstream;
  /** TCP port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number | undefined;
  /** The user as which clients log in to the proxy. Default: `upstream.user`. */
  readonly user?: string | undefined;
  /** Further users of the proxy, each with its secret for the upstream. Default: none. */
  readonly users?: Readonly<Record<string, DatabaseSecret>> | undefined;
  /** AWS region that tokens must be signed for. Default `"us-east-1"`. */
  readonly region?: string | undefined;
  /**
   * More names of this proxy, such as `app.proxy-abc.us-east-1.rds.amazonaws.com`: the certificate covers them, and
   * tokens may be signed for them, with the listening port or the engine's usual one (5432 or 3306). A name written with a port
   * (`name:6432`) is accepted with that port only. `localhost` and `127.0.0.1` always count, with the listening port.
   */
  readonly endpointNames?: readonly string[] | undefined;
  /** What clients are greeted with, with `engine: "mysql"`. */
  readonly mysql?: MysqlGreetingOptions | undefined;
  /** The access keys whose tokens count. Default: one temporary key made at start, see `environment`. */
  readonly credentials?: readonly AwsCredentials[] | undefined;
  /** Users whose IAM policy lacks `rds-db:connect`: they get the text of a bad token. Default: none. */
  readonly deniedUsers?: readonly string[] | undefined;
  /** Most database sessions at a time; further clients wait in a queue. Default 100. */
  readonly maxConnections?: number | undefined;
  /** Longest wait for a database session, in ms; 0 refuses at once. Default 120 000, as ConnectionBorrowTimeout. */
  readonly borrowTimeoutMs?: number | undefined;
  /** Longest time from accepting a client to its password, in ms. Default 30 000. */
  readonly loginTimeoutMs?: number | undefined;
  /**
   * The proxy's RequireTLS setting. Default `true`. IAM logins need TLS in any case, so `false` changes only the text
   * by which clients without TLS are refused.
   */
  readonly requireTls?: boolean | undefined;
  /** How far ahead of the proxy's clock a token may be dated, in ms. Default 300 000; AWS's own number is unknown. */
  readonly clockSkewMs?: number | undefined;
  /** Wall clock that token ages are measured by, in ms since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Keeps what clients send after login, statement texts included, for `messages()`. Default `false`. */
  readonly recordMessages?: boolean | undefined;
  /** Gets one line per event, worded like RDS Proxy's log; it tells why a token was refused. Default: none. */
  readonly log?: ((line: string) => void) | undefined;
}

/** {@link LocalProxyOptions} with every default in. */
export interface ResolvedOptions {
  readonly engine: LocalProxyOptions["engine"];
  readonly upstream: Readonly<Pick<Upstream, "host" | "port" | "database">>;
  readonly port: number;
  /** The user for `environment`. */
  readonly user: string;
  /** Secret by client user. */
  readonly secrets: ReadonlyMap<string, { readonly user: string; readonly password: string | undefined }>;
  readonly region: string;
  readonly endpointNames: readonly string[];
  readonly mysql: {
    readonly authPlugin: NonNullable<MysqlGreetingOptions["authPlugin"]>;
    readonly serverVersion: string | undefined;
    readonly withheldCapabilities: readonly CapabilityName[];
  };
  readonly credentials: readonly AwsCredentials[];
  readonly deniedUsers: ReadonlySet<string>;
  readonly maxConnections: number;
  readonly borrowTimeoutMs: number;
  readonly loginTimeoutMs: number;
  readonly requireTls: boolean;
  readonly clockSkewMs: number;
  readonly now: () => number;
  readonly recordMessages: boolean;
  readonly log: (line: string) => void;
}
