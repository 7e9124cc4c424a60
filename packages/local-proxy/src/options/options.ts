import type { PinRule } from "../pinning/pin.js";
import type { AwsCredentials } from "./aws-credentials.js";
import type { CapabilityName } from "./mysql-capabilities.js";

/**
 * How clients log in. `"iam"`: with a token; the proxy uses secrets at the database (IAMAuth REQUIRED). `"password"`:
 * with the secret's password (IAMAuth DISABLED). `"end-to-end-iam"`: with a token, and no secret is needed
 * (DefaultAuthScheme IAM_AUTH).
 */
export type AuthenticationMode = "iam" | "password" | "end-to-end-iam";

/** The user and password for the proxy's login at the database: what Secrets Manager holds for a real proxy. */
export interface DatabaseSecret {
  /**
   * The database user.
   *
   * @default the name by which the client logs in to the proxy
   */
  readonly user?: string | undefined;
  /**
   * The database user's password.
   *
   * @default none, for a server that trusts local connections
   */
  readonly password?: string | undefined;
  /**
   * How this user logs in to the proxy.
   *
   * @default "password" if that is the proxy's `authentication`, else "iam"
   */
  readonly authentication?: "iam" | "password" | undefined;
}

/** The real server behind the proxy. The connection to it is not encrypted. */
export interface Upstream {
  /** Host name or address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
  /** The user for the proxy's login at the server. */
  readonly user: string;
  /**
   * That user's password.
   *
   * @default none
   */
  readonly password?: string | undefined;
  /**
   * The database in `environment` and `url`; with PostgreSQL also the database of clients that name none. A MySQL client
   * that names none gets none.
   *
   * @default the client's user name with PostgreSQL, none with MySQL
   */
  readonly database?: string | undefined;
}

/** The greeting of MySQL clients. AWS does not document a real proxy's greeting. */
export interface MysqlGreetingOptions {
  /**
   * The authentication method in the greeting. Clients that log in with a token are asked to switch to
   * `mysql_clear_password` in either case.
   *
   * @default "caching_sha2_password"
   */
  readonly authPlugin?: "mysql_native_password" | "caching_sha2_password" | undefined;
  /**
   * The server version in the greeting; `true` for the real server's.
   *
   * @default true
   */
  readonly serverVersion?: string | true | undefined;
  /**
   * Capabilities of the real server that clients are not offered, such as `"DEPRECATE_EOF"`: MySQL's names without
   * `CLIENT_`, MariaDB's without `MARIADB_CLIENT_`.
   *
   * @default []
   */
  readonly withheldCapabilities?: readonly CapabilityName[] | undefined;
}

/** What a PostgreSQL client receives at login. AWS does not document what a real proxy sends. */
export interface PostgresGreetingOptions {
  /**
   * The settings in the ParameterStatus messages, by name; `true` for the real server's value, if it sends that setting.
   *
   * @default what the real server sends
   */
  readonly parameterStatus?: Readonly<Record<string, string | true>> | undefined;
  /**
   * Whether clients get a BackendKeyData message. Its key is random, since RDS Proxy ignores cancel requests.
   *
   * @default true
   */
  readonly sendsBackendKey?: boolean | undefined;
  /**
   * How clients with a password prove it, as ClientPasswordAuthType. AWS does not have `"cleartext"`: only with it does
   * the proxy see the password, and can refuse a token with AWS's text for the wrong mode.
   *
   * @default "scram-sha-256"
   */
  readonly clientPasswordAuthType?: "scram-sha-256" | "md5" | "cleartext" | undefined;
  /**
   * What happens when a client asks for a newer protocol than 3.0, such as libpq 18 with `max_protocol_version=3.2`.
   * RDS Proxy documents an error (0A000), which is `"refuse"`. With `"negotiate"` the client is asked to use 3.0, as by
   * PostgreSQL before 18. With `"accept"` it gets 3.2 and its long cancel key, as by PostgreSQL 18.
   *
   * @default "refuse"
   */
  readonly newerProtocol?: "refuse" | "negotiate" | "accept" | undefined;
  /**
   * Whether a client may begin with its TLS handshake, without an SSLRequest: libpq's `sslnegotiation=direct`, since
   * PostgreSQL 17. AWS does not document whether RDS Proxy can.
   *
   * @default false
   */
  readonly directTls?: boolean | undefined;
}

/** What pins a session. The README lists every rule and its source. */
export interface PinningOptions {
  /**
   * Rules to switch on or off, such as `{ "set-local": false }`.
   *
   * @default all on but `unnamed-statement`, `multi-statement`, `diagnostics` and `calc-found-rows`
   */
  readonly rules?: Readonly<Partial<Record<PinRule, boolean>>> | undefined;
  /**
   * Length of the longest statement that does not pin, from 1 to 16384.
   *
   * @default 16384
   */
  readonly statementLimit?: number | undefined;
  /**
   * The unit of `statementLimit`.
   *
   * @default "bytes"
   */
  readonly statementLimitUnit?: "bytes" | "characters" | undefined;
  /**
   * Whether the bound values of PostgreSQL's extended protocol count towards `statementLimit`.
   *
   * @default false
   */
  readonly countsBoundValues?: boolean | undefined;
  /**
   * SessionPinningFilters of a target group: with `"EXCLUDE_VARIABLE_SETS"`, SET does not pin. MySQL only.
   *
   * @default []
   */
  readonly filters?: readonly "EXCLUDE_VARIABLE_SETS"[] | undefined;
}

/** Limits that AWS has and whose numbers it does not publish. */
export interface LimitOptions {
  /**
   * Maximum number of clients at a time.
   *
   * @default no limit
   */
  readonly clientConnections?: number | undefined;
  /**
   * Maximum number of logins within a second.
   *
   * @default no limit
   */
  readonly connectionsPerSecond?: number | undefined;
  /**
   * Maximum number of logins with a token within a second.
   *
   * @default no limit
   */
  readonly iamRequestsPerSecond?: number | undefined;
  /**
   * Whether `iamRequestsPerSecond` counts a login whose token was accepted before. AWS does not document it.
   *
   * @default true
   */
  readonly countsRepeatedTokens?: boolean | undefined;
}

/** The options of {@link startLocalProxy}. */
export interface LocalProxyOptions {
  /** The protocol to speak; `"mysql"` for MySQL and MariaDB. */
  readonly engine: "postgres" | "mysql";
  /** The real server behind the proxy. */
  readonly upstream: Upstream;
  /**
   * TCP port; 0 takes any free one.
   *
   * @default 0
   */
  readonly port?: number | undefined;
  /**
   * The IP address to listen on. With `"0.0.0.0"`, containers and other machines reach the proxy too: name it for them in
   * `endpointNames`. The addresses and the host name of this machine are in the certificate then, and tokens may be signed
   * for them.
   *
   * @default "127.0.0.1"
   */
  readonly listen?: string | undefined;
  /**
   * The user as which clients log in to the proxy.
   *
   * @default upstream.user
   */
  readonly user?: string | undefined;
  /**
   * Further users of the proxy, each with its secret for the upstream.
   *
   * @default {}
   */
  readonly users?: Readonly<Record<string, DatabaseSecret>> | undefined;
  /**
   * AWS region for which tokens must be signed.
   *
   * @default "us-east-1"
   */
  readonly region?: string | undefined;
  /**
   * More host names of this proxy, such as `app.proxy-abc.us-east-1.rds.amazonaws.com`. The certificate covers them,
   * and tokens may be signed for them with the listening port or the engine's default port (5432 or 3306). A name with
   * a port (`name:6432`) is accepted with that port only. `localhost` and `127.0.0.1` are always accepted, with the
   * listening port.
   *
   * @default []
   */
  readonly endpointNames?: readonly string[] | undefined;
  /** What clients receive at login; only with `engine: "postgres"`. */
  readonly postgres?: PostgresGreetingOptions | undefined;
  /** The greeting of clients; only with `engine: "mysql"`. */
  readonly mysql?: MysqlGreetingOptions | undefined;
  /**
   * The access keys whose tokens are valid.
   *
   * @default one temporary key, made at start; see `environment`
   */
  readonly credentials?: readonly AwsCredentials[] | undefined;
  /**
   * Users whose IAM policy lacks `rds-db:connect`: they get the same error as for an invalid token.
   *
   * @default []
   */
  readonly deniedUsers?: readonly string[] | undefined;
  /**
   * How clients log in.
   *
   * @default "iam"
   */
  readonly authentication?: AuthenticationMode | undefined;
  /**
   * Whether clients share database connections, from one transaction to the next. With `false`, each client keeps its
   * own from login to disconnect.
   *
   * @default true
   */
  readonly multiplexing?: boolean | undefined;
  /**
   * The database's `max_connections`.
   *
   * @default 100
   */
  readonly maxConnections?: number | undefined;
  /**
   * Percentage of `maxConnections` that the proxy may use, as MaxConnectionsPercent. Further borrowers wait.
   *
   * @default 100
   */
  readonly maxConnectionsPercent?: number | undefined;
  /**
   * Percentage of `maxConnections` that stays open after 5 idle minutes, as MaxIdleConnectionsPercent.
   *
   * @default half of `maxConnectionsPercent`
   */
  readonly maxIdleConnectionsPercent?: number | undefined;
  /**
   * Maximum wait for a database connection, in ms, at login and at the start of each transaction, as
   * ConnectionBorrowTimeout. With 0, only an idle connection is borrowed.
   *
   * @default 120000
   */
  readonly borrowTimeoutMs?: number | undefined;
  /**
   * What a client gets while the database has not been reached since the proxy was started. `"wait"`: it waits for up to
   * `borrowTimeoutMs`, as behind RDS Proxy; `"refuse"`: it gets the error of a borrow timeout at once, with the reason.
   *
   * @default "wait"
   */
  readonly unreachableDatabase?: "wait" | "refuse" | undefined;
  /**
   * After a borrow timeout at the start of a transaction, a client gets an error. `"keep"`: it stays connected;
   * `"close"`: it is disconnected.
   *
   * @default "keep"
   */
  readonly statementBorrowTimeout?: "keep" | "close" | undefined;
  /**
   * Time without a message, in ms of `now`, after which a client is disconnected, as IdleClientTimeout.
   *
   * @default 1800000
   */
  readonly idleClientTimeoutMs?: number | undefined;
  /**
   * Maximum age of a connection on either side, in ms of `now`. AWS has a fixed 24 hours.
   *
   * @default 86400000
   */
  readonly maxLifeMs?: number | undefined;
  /**
   * Time without a message, in ms of `now`, after which the network drops a client's connection silently.
   *
   * @default never
   */
  readonly networkIdleMs?: number | undefined;
  /**
   * A statement that the proxy runs on each new database connection, as InitQuery.
   *
   * @default none
   */
  readonly initQuery?: string | undefined;
  /**
   * `"read-only"` makes this a reader endpoint, which refuses writes.
   *
   * @default "read-write"
   */
  readonly targetRole?: "read-write" | "read-only" | undefined;
  /**
   * PostgreSQL: what becomes of an unnamed prepared statement that a client uses after the Sync of the request that
   * prepared it, as libpq's `PQprepare` and `PQexecPrepared` do with an empty name. The client may have another database
   * connection by then. `"prepare"`: the proxy prepares it there again; `"pin"`: that also pins the session;
   * `"refuse"`: it is gone, error 26000. AWS does not document what RDS Proxy does.
   *
   * @default "prepare"
   */
  readonly unnamedStatement?: "prepare" | "pin" | "refuse" | undefined;
  /** What pins a session. */
  readonly pinning?: PinningOptions | undefined;
  /** Limits on clients and logins. */
  readonly limits?: LimitOptions | undefined;
  /**
   * The content of the file that `rds-proxy-doctor probe --save` writes: what a real proxy does where AWS's documentation
   * leaves it open. Other options take precedence over it, name by name.
   *
   * @default none
   */
  readonly profile?: object | undefined;
  /**
   * Maximum time from accepting a client to its password, in ms.
   *
   * @default 30000
   */
  readonly loginTimeoutMs?: number | undefined;
  /**
   * The proxy's RequireTLS setting. IAM logins need TLS in any case; with `false`, they only get another error without
   * it.
   *
   * @default true
   */
  readonly requireTls?: boolean | undefined;
  /**
   * How far a token's date may be ahead of the proxy's clock, in ms. AWS does not publish its number.
   *
   * @default 300000
   */
  readonly clockSkewMs?: number | undefined;
  /**
   * Whether a token expires after 900 s (`"fixed"`) or after its X-Amz-Expires (`"as-signed"`).
   *
   * @default "fixed"
   */
  readonly tokenLifetime?: "fixed" | "as-signed" | undefined;
  /**
   * Whether the case of the host in a token has to match the endpoint's name.
   *
   * @default "exact"
   */
  readonly tokenHostCase?: "exact" | "ignored" | undefined;
  /**
   * Whether clients must name the host in their TLS handshake (SNI).
   *
   * @default false
   */
  readonly requireSni?: boolean | undefined;
  /**
   * The clock for ages, idle times and rates, in ms since the epoch.
   *
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
  /**
   * Whether to keep what clients send after login, statement texts included, for `messages()`.
   *
   * @default false
   */
  readonly recordMessages?: boolean | undefined;
  /**
   * Receives one line per event, in the format of RDS Proxy's log, with the reason for each refused token.
   *
   * @default no log
   */
  readonly log?: ((line: string) => void) | undefined;
}

/** {@link LocalProxyOptions} with all defaults applied. */
export interface ResolvedOptions {
  readonly engine: LocalProxyOptions["engine"];
  readonly upstream: Readonly<Pick<Upstream, "host" | "port" | "database">>;
  readonly port: number;
  readonly listen: string;
  /** The user for `environment`. */
  readonly user: string;
  /** Secrets by client user. */
  readonly secrets: ReadonlyMap<string, ResolvedSecret>;
  readonly region: string;
  readonly endpointNames: readonly string[];
  readonly mysql: {
    readonly authPlugin: NonNullable<MysqlGreetingOptions["authPlugin"]>;
    readonly serverVersion: string | undefined;
    readonly withheldCapabilities: readonly CapabilityName[];
  };
  readonly postgres: {
    readonly parameterStatus: Readonly<Record<string, string | true>> | undefined;
    readonly sendsBackendKey: boolean;
    readonly clientPasswordAuthType: NonNullable<PostgresGreetingOptions["clientPasswordAuthType"]>;
    readonly newerProtocol: NonNullable<PostgresGreetingOptions["newerProtocol"]>;
    readonly directTls: boolean;
  };
  readonly credentials: readonly AwsCredentials[];
  readonly deniedUsers: ReadonlySet<string>;
  readonly authentication: AuthenticationMode;
  readonly multiplexing: boolean;
  /** Maximum number of database connections. */
  readonly poolCapacity: number;
  readonly maxIdleConnections: number;
  readonly borrowTimeoutMs: number;
  readonly unreachableDatabase: "wait" | "refuse";
  readonly statementBorrowTimeout: "keep" | "close";
  readonly idleClientTimeoutMs: number;
  readonly maxLifeMs: number;
  readonly networkIdleMs: number;
  readonly initQuery: string | undefined;
  readonly targetRole: "read-write" | "read-only";
  readonly unnamedStatement: "prepare" | "pin" | "refuse";
  readonly pinning: ResolvedPinning;
  readonly limits: LimitOptions;
  readonly loginTimeoutMs: number;
  readonly requireTls: boolean;
  readonly clockSkewMs: number;
  readonly tokenLifetime: "fixed" | "as-signed";
  readonly tokenHostCase: "exact" | "ignored";
  readonly requireSni: boolean;
  readonly now: () => number;
  readonly recordMessages: boolean;
  readonly log: (line: string) => void;
}

/** {@link DatabaseSecret} with all defaults applied. */
export interface ResolvedSecret {
  readonly user: string;
  readonly password: string | undefined;
  readonly authentication: "iam" | "password";
}

/** {@link PinningOptions} with all defaults applied. */
export interface ResolvedPinning {
  /** The rules that are on. */
  readonly rules: ReadonlySet<PinRule>;
  readonly statementLimit: number;
  readonly statementLimitUnit: "bytes" | "characters";
  readonly countsBoundValues: boolean;
  readonly excludesVariableSets: boolean;
}
