import type { FailureRow } from "./connect-failure.js";
import {
  BORROW_REMEDY,
  DROP_REMEDY,
  NO_TLS_REMEDY,
  READ_ONLY_REMEDY,
  SLOTS_REMEDY,
  THROTTLE_REMEDY,
  TLS_REMEDY,
} from "./remedies.js";

const OPTION_REMEDY =
  "RDS Proxy refuses this startup parameter. Set it on the role (ALTER ROLE ... SET ...) or in the proxy's " +
  "initialization query; for a limit on the client's side use `query_timeout`.";

/**
 * Errors of PostgreSQL, RDS Proxy and node-postgres, most specific first.
 * Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html,
 * https://www.postgresql.org/docs/current/errcodes-appendix.html, and node-postgres 8 for the texts without code.
 */
export const POSTGRES_FAILURES: readonly FailureRow[] = [
  // 28000 invalid_authorization_specification: one code for ten refusals.
  {
    codes: ["28000"],
    text: /allowed only with SSL|requires TLS connections|pg_hba\.conf.*(?:no encryption|SSL off)/i,
    kind: "permanent",
    isTls: true,
    remedy: TLS_REMEDY,
  },
  {
    codes: ["28000"],
    text: /has no credentials for the role/i,
    kind: "permanent",
    remedy:
      "Register a Secrets Manager secret for this user with the proxy; it needs one even when clients use IAM.",
  },
  {
    codes: ["28000"],
    text: /supports only IAM, MD5, or SCRAM/i,
    kind: "permanent",
    remedy:
      "The client asked for an authentication that RDS Proxy does not know. Is this host really an RDS Proxy?",
  },
  {
    codes: ["28000"],
    text: /user name is missing/i,
    kind: "permanent",
    remedy: "Set the option `user` or RDS_PROXY_USER.",
  },
  {
    codes: ["28000"],
    text: /Enable IAM authentication for the client connection/i,
    kind: "permanent",
    remedy:
      "The proxy's DefaultAuthScheme is IAM_AUTH but it saw a password: check that `user` is an IAM user of the proxy.",
  },
  {
    codes: ["28000"],
    text: /Configure IAM authentication as the DefaultAuthScheme/i,
    kind: "permanent",
    remedy:
      "Set the proxy's DefaultAuthScheme to IAM_AUTH, or register a secret for this user with IAMAuth=REQUIRED.",
  },
  {
    codes: ["28000"],
    text: /PAM authentication failed/i,
    routine: "auth_failed",
    kind: "auth",
    remedy:
      "A database (not a proxy) refused the token: check `GRANT rds_iam` for the user and rds-db:connect for the role.",
  },
  {
    codes: ["28000"],
    kind: "permanent",
    remedy:
      "The server does not let this user log in from here: check the user, its LOGIN right and pg_hba.conf.",
  },
  // 28P01 invalid_password
  {
    codes: ["28P01"],
    text: /IAM authentication failed/i,
    kind: "auth",
    remedy:
      "Check, in this order: rds-db:connect on arn:aws:rds-db:REGION:ACCOUNT:dbuser:prx-ID/USER in the role's policy; " +
      "that the token is signed for the proxy's own host, port and region (see signed host); that the user's secret " +
      "has IAMAuth=REQUIRED; the clock of this machine.",
  },
  {
    codes: ["28P01"],
    text: /password that was provided for the role/i,
    kind: "permanent",
    remedy:
      "IAM authentication is not enabled on the proxy for this user (a token was compared with the secret's password).",
  },
  {
    codes: ["28P01"],
    kind: "permanent",
    remedy:
      "The server expects a stored password, not a token: `GRANT rds_iam TO` the user, or connect through the proxy.",
  },
  // 0A000 feature_not_supported
  {
    codes: ["0A000"],
    text: /messaging protocol/i,
    kind: "permanent",
    remedy: "The driver asked for a protocol version that RDS Proxy does not speak.",
  },
  {
    codes: ["0A000"],
    text: /streaming replication/i,
    kind: "permanent",
    remedy: "RDS Proxy does not relay replication: connect to the database itself.",
  },
  {
    codes: ["0A000"],
    text: /support the option|command-line options/i,
    kind: "permanent",
    remedy: OPTION_REMEDY,
  },
  {
    codes: ["0A000"],
    kind: "permanent",
    remedy: "The server does not support what the connection asked for.",
  },
  // 53300 too_many_connections: also the code of every limit of the proxy.
  {
    codes: ["53300"],
    text: /competing requests|rate of connection|rate limit|rate exceeded/i,
    kind: "throttled",
    remedy: THROTTLE_REMEDY,
  },
  { codes: ["53300"], kind: "exhausted", remedy: SLOTS_REMEDY },
  { codes: ["53400"], kind: "throttled", remedy: THROTTLE_REMEDY },
  {
    codes: ["53000", "53100", "53200"],
    kind: "exhausted",
    retry: "once",
    remedy: "The database is out of memory, disk space or another resource.",
  },
  // 08xxx connection exceptions
  { codes: ["08000"], text: /Timed-out waiting to acquire/i, kind: "borrow-timeout", remedy: BORROW_REMEDY },
  {
    // Aurora DSQL's refusal of a token; its code and hint are known from users' logs only.
    codes: ["08006"],
    text: /unable to accept connection, access denied/i,
    kind: "auth",
    remedy:
      "Aurora DSQL refused the token; the `hint` of the cause says why. The user admin needs a token of " +
      "getDbConnectAdminAuthToken() and dsql:DbConnectAdmin, every other one a token of getDbConnectAuthToken() and dsql:DbConnect.",
  },
  {
    codes: ["08000", "08001", "08003", "08006", "08007", "40003"],
    kind: "dropped",
    remedy: DROP_REMEDY,
  },
  {
    codes: ["08004"],
    text: /too many|connection slots/i,
    kind: "exhausted",
    remedy: SLOTS_REMEDY,
  },
  { codes: ["08004"], kind: "permanent", remedy: "The server rejects connections from this client." },
  // PgBouncer reports nearly everything as a protocol violation.
  {
    codes: ["08P01"],
    text: /no more connections allowed|query_wait_timeout/i,
    kind: "exhausted",
    remedy: SLOTS_REMEDY,
  },
  { codes: ["08P01"], kind: "permanent", remedy: "Client and server do not speak the same protocol." },
  // 57xxx operator intervention
  { codes: ["57P01", "57P02", "57P05"], kind: "dropped", remedy: DROP_REMEDY },
  {
    codes: ["57P03"],
    kind: "starting",
    remedy: "The database is starting up, shutting down or recovering; it took longer than there was time.",
  },
  {
    codes: ["57014"],
    text: /canceling authentication/i,
    kind: "dropped",
    retry: "once",
    remedy:
      "The database could not check the token in time, which happens when its IAM back end is in trouble.",
  },
  {
    codes: ["25006"],
    kind: "read-only",
    remedy: READ_ONLY_REMEDY,
  },
  // Permanent refusals.
  { codes: ["3D000"], kind: "permanent", remedy: "Check the option `database` or RDS_PROXY_DATABASE." },
  { codes: ["42501"], kind: "permanent", remedy: "Grant the user CONNECT on the database." },
  { codes: ["57014"], kind: "permanent", remedy: "The server cancelled the request." },
  // XX000: failures of the proxy's own connection to the database.
  {
    codes: ["XX000"],
    text: /does not exist/i,
    kind: "permanent",
    remedy: "Check the option `database` or RDS_PROXY_DATABASE, and that the user exists in the database.",
  },
  { codes: ["XX000"], text: /too many|connection slots/i, kind: "exhausted", remedy: SLOTS_REMEDY },
  {
    codes: ["XX000"],
    text: /starting up|shutting down|recovery/i,
    kind: "starting",
    remedy: "The database behind the proxy is starting up, shutting down or recovering.",
  },
  {
    codes: ["XX000"],
    text: /returned an error.*(?:connect|timeout)/i,
    kind: "dropped",
    remedy: DROP_REMEDY,
  },
  {
    codes: ["XX000"],
    kind: "dropped",
    retry: "once",
    remedy: "RDS Proxy reported an internal error; if it stays, AWS asks to contact Support.",
  },
  // The same errors without a code, lost by a wrapper.
  {
    text: /too many competing requests|rate limit exceeded|Rate of connection to proxy exceeded/i,
    kind: "throttled",
    remedy: THROTTLE_REMEDY,
  },
  {
    text: /maximum number of client connections to the proxy|remaining connection slots|too many clients already/i,
    kind: "exhausted",
    remedy: SLOTS_REMEDY,
  },
  {
    text: /Timed-out waiting to acquire database connection/i,
    kind: "borrow-timeout",
    remedy: BORROW_REMEDY,
  },
  {
    text: /the database system is (?:starting up|shutting down|in recovery)/i,
    kind: "starting",
    remedy: "The database is starting up, shutting down or recovering; it took longer than there was time.",
  },
  // Errors of node-postgres without a code.
  {
    text: /^The server does not support SSL connections/,
    kind: "permanent",
    isTls: true,
    remedy: NO_TLS_REMEDY,
  },
  {
    text: /^(?:A message of the server could not be handled|received invalid response)/,
    kind: "permanent",
    remedy: "What answers at this address does not speak PostgreSQL's protocol.",
  },
  {
    text: /^There was an error establishing an SSL connection/,
    kind: "dropped",
    remedy:
      "The server answered the TLS request with an error that node-postgres does not pass on; see the proxy's log.",
  },
  {
    text: /^timeout exceeded when trying to connect/,
    kind: "exhausted",
    remedy: "Every connection of this pool was in use: release clients earlier or raise `maxConnections`.",
  },
  {
    text: /^(?:Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout expired)/,
    kind: "dropped",
    remedy: DROP_REMEDY,
  },
];
