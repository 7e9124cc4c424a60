import type { PinRule } from "../pinning/pin.js";
import type { AwsCredentials } from "./aws-credentials.js";
import type { CapabilityName } from "./mysql-capabilities.js";

/**
 * How clients log in: `"iam"` by a token, while the proxy uses secrets at the database (IAMAuth REQUIRED);
 * `"password"` by the secret's password (IAMAuth DISABLED); `"end-to-end-iam"` by a token, for which no secret is needed
 * (DefaultAuthScheme IAM_AUTH).
 */
export type AuthenticationMode = "iam" | "password" | "end-to-end-iam";

/** The user and password by which the proxy logs in to the database: what Secrets Manager holds for a real proxy. */
export interface DatabaseSecret {
  /** Default: the name by which the client logs in to the proxy. */
  readonly user?: string | undefined;
  /** Default: none, for a server that trusts local connections. */
  readonly password?: string | undefined;
  /** How this user logs in to the proxy. Default: the proxy's `authentication`. */
  readonly authentication?: "iam" | "password" | undefined;
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

/** What a PostgreSQL client is told at its login. AWS does not say what a real proxy tells. */
export interface PostgresGreetingOptions {
  /** The settings that clients are told of (ParameterStatus). Default: what the real server tells. */
  readonly parameterStatus?: Readonly<Record<string, string>> | undefined;
  /** Whether clients get BackendKeyData, whose numbers name nothing. Default `true`. */
  readonly sendsBackendKey?: boolean | undefined;
  /**
   * How clients with a password prove that they know it, as AWS's ClientPasswordAuthType. Default `"scram-sha-256"`.
   * `"cleartext"` is no choice of AWS's: only with it can the proxy tell a token from a wrong password, and say so.
   */
  readonly clientPasswordAuthType?: "scram-sha-256" | "md5" | "cleartext" | undefined;
}

/** What pins a session. Every rule can be switched; the README tells which are AWS's own. */
export interface PinningOptions {
  /** Rules to switch on or off, such as `{ "set-local": false }`. Default: all on but `multi-statement`. */
  readonly rules?: Readonly<Partial<Record<PinRule, boolean>>> | undefined;
  /** Longest statement that does not pin. Default 16 384; at most that. */
  readonly statementLimit?: number | undefined;
  /** What the limit counts. Default `"bytes"`. */
  readonly statementLimitUnit?: "bytes" | "characters" | undefined;
  /** Whether bound values count, too, of PostgreSQL's extended protocol. Default `false`. */
  readonly countsBoundValues?: boolean | undefined;
  /** As SessionPinningFilters of a target group: with it SET pins nothing. MySQL only. Default: none. */
  readonly filters?: readonly "EXCLUDE_VARIABLE_SETS"[] | undefined;
}

/** Limits that AWS has and whose numbers it does not publish. Default: none of them. */
export interface LimitOptions {
  /** Most clients at a time. */
  readonly clientConnections?: number | undefined;
  /** Most logins within a second. */
  readonly connectionsPerSecond?: number | undefined;
  /** Most logins with a token within a second. */
  readonly iamRequestsPerSecond?: number | undefined;
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
  /** What clients are told at login, with `engine: "postgres"`. */
  readonly postgres?: PostgresGreetingOptions | undefined;
  /** What clients are greeted with, with `engine: "mysql"`. */
  readonly mysql?: MysqlGreetingOptions | undefined;
  /** The access keys whose tokens count. Default: one temporary key made at start, see `environment`. */
  readonly credentials?: readonly AwsCredentials[] | undefined;
  /** Users whose IAM policy lacks `rds-db:connect`: they get the text of a bad token. Default: none. */
  readonly deniedUsers?: readonly string[] | undefined;
  /** How clients log in. Default `"iam"`. */
  readonly authentication?: AuthenticationMode | undefined;
  /**
   * Whether clients share database sessions, from one transaction to the next. Default `true`; with `false` each has one of
   * its own from its login to its end.
   */
  readonly multiplexing?: boolean | undefined;
  /** The database's `max_connections`. Default 100. */
  readonly maxConnections?: number | undefined;
  /** How many of these the proxy may use, as MaxConnectionsPercent; further borrowers wait. Default 100. */
  readonly maxConnectionsPercent?: number | undefined;
  /** How many of these are kept while idle for 5 minutes and more. Default: half of `maxConnectionsPercent`. */
  readonly maxIdleConnectionsPercent?: number | undefined;
  /**
   * Longest wait for a database session, in ms, at login and at the start of each transaction; 0 refuses at once unless
   * one is idle. Default 120 000, as ConnectionBorrowTimeout.
   */
  readonly borrowTimeoutMs?: number | undefined;
  /** What a borrow timeout at the start of a transaction does to the client: an error, and then? Default `"keep"`. */
  readonly statementBorrowTimeout?: "keep" | "close" | undefined;
  /** Longest time without a message, in ms of `now`, until a client is closed. Default 1 800 000, as IdleClientTimeout. */
  readonly idleClientTimeoutMs?: number | undefined;
  /** Longest life of a connection on either side, in ms of `now`. Default 86 400 000, which is AWS's and fixed there. */
  readonly maxLifeMs?: number | undefined;
  /** Time without a message, in ms of `now`, until the network drops a client without a word. Default: never. */
  readonly networkIdleMs?: number | undefined;
  /** A statement that the proxy runs on each database session that it opens. Default: none. */
  readonly initQuery?: string | undefined;
  /** Whether the endpoint is a reader, which refuses writes. Default `"read-write"`. */
  readonly targetRole?: "read-write" | "read-only" | undefined;
  /** What pins a session. */
  readonly pinning?: PinningOptions | undefined;
  /** Limits on clients. */
  readonly limits?: LimitOptions | undefined;
  /** Longest time from accepting a client to its password, in ms. Default 30 000. */
  readonly loginTimeoutMs?: number | undefined;
  /**
   * The proxy's RequireTLS setting. Default `true`. IAM logins need TLS in any case, so `false` changes only the text
   * by which clients without TLS are refused.
   */
  readonly requireTls?: boolean | undefined;
  /** How far ahead of the proxy's clock a token may be dated, in ms. Default 300 000; AWS's own number is unknown. */
  readonly clockSkewMs?: number | undefined;
  /** Whether a token ends after 900 s whatever it says (`"fixed"`), or after its X-Amz-Expires. Default `"fixed"`. */
  readonly tokenLifetime?: "fixed" | "as-signed" | undefined;
  /** Whether the host in a token must be written as the endpoint's name is. Default `"exact"`. */
  readonly tokenHostCase?: "exact" | "ignored" | undefined;
  /** Whether clients must name the host in their TLS handshake. Default `false`. */
  readonly requireSni?: boolean | undefined;
  /** Wall clock that ages and idle times are measured by, in ms since the epoch. Default `Date.now`. */
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
  readonly secrets: ReadonlyMap<string, ResolvedSecret>;
  readonly region: string;
  readonly endpointNames: readonly string[];
  readonly mysql: {
    readonly authPlugin: NonNullable<MysqlGreetingOptions["authPlugin"]>;
    readonly serverVersion: string | undefined;
    readonly withheldCapabilities: readonly CapabilityName[];
  };
  readonly postgres: {
    readonly parameterStatus: Readonly<Record<string, string>> | undefined;
    readonly sendsBackendKey: boolean;
    readonly clientPasswordAuthType: NonNullable<PostgresGreetingOptions["clientPasswordAuthType"]>;
  };
  readonly credentials: readonly AwsCredentials[];
  readonly deniedUsers: ReadonlySet<string>;
  readonly authentication: AuthenticationMode;
  readonly multiplexing: boolean;
  /** Most database sessions of the proxy's. */
  readonly poolCapacity: number;
  readonly maxIdleConnections: number;
  readonly borrowTimeoutMs: number;
  readonly statementBorrowTimeout: "keep" | "close";
  readonly idleClientTimeoutMs: number;
  readonly maxLifeMs: number;
  readonly networkIdleMs: number;
  readonly initQuery: string | undefined;
  readonly targetRole: "read-write" | "read-only";
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

/** A {@link DatabaseSecret} with every default in. */
export interface ResolvedSecret {
  readonly user: string;
  readonly password: string | undefined;
  readonly authentication: "iam" | "password";
}

/** {@link PinningOptions} with every default in. */
export interface ResolvedPinning {
  /** The rules that are on. */
  readonly rules: ReadonlySet<PinRule>;
  readonly statementLimit: number;
  readonly statementLimitUnit: "bytes" | "characters";
  readonly countsBoundValues: boolean;
  readonly excludesVariableSets: boolean;
}
