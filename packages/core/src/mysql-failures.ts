import type { FailureRow } from "./connect-failure.js";

const SLOTS_REMEDY =
  "All connection slots are taken. Lower the functions' concurrency or `maxConnections`, raise the proxy's " +
  "MaxConnectionsPercent, or look for pinned sessions (metric DatabaseConnectionsCurrentlySessionPinned).";
const THROTTLE_REMEDY =
  "Connections are opened faster than the proxy or IAM allows. Keep them warm instead of opening one per " +
  "invocation, and spread cold starts (provisioned or reserved concurrency).";
const DROP_REMEDY =
  "The connection broke. Check the proxy's and the database's logs for restarts, failovers and closed sessions.";
const READ_ONLY_REMEDY =
  "The server takes no writes: it is a reader endpoint, or was the writer before a failover.";

/**
 * What MySQL, MariaDB, RDS Proxy for them and mysql2 say, most specific first. By error number: mysql2 has no name
 * for RDS Proxy's 9501, and the SQLSTATE of one number differs between a server and the proxy.
 * Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html,
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html, and mysql2 3 for the codes.
 */
export const MYSQL_FAILURES: readonly FailureRow[] = [
  // 1040 is too many connections at a server, and every limit of the proxy.
  { codes: ["1040"], text: /rate limit exceeded/i, kind: "throttled", remedy: THROTTLE_REMEDY },
  { codes: ["1040", "1041", "1203"], kind: "exhausted", remedy: SLOTS_REMEDY },
  { codes: ["1226"], text: /max_user_connections/i, kind: "exhausted", remedy: SLOTS_REMEDY },
  {
    codes: ["1226"],
    kind: "permanent",
    remedy:
      "The user's hourly quota is used up: raise it with ALTER USER ... WITH, or wait for the hour to end.",
  },
  {
    codes: ["9501"],
    kind: "borrow-timeout",
    remedy:
      "The proxy had no database connection to lend: the database is down, or all its connections are in use or " +
      "pinned. See the metrics DatabaseConnectionsBorrowLatency and DatabaseConnectionsCurrentlySessionPinned.",
  },
  {
    codes: ["1045"],
    kind: "auth",
    remedy:
      "Check, in this order: rds-db:connect on arn:aws:rds-db:REGION:ACCOUNT:dbuser:prx-ID/USER in the role's policy; " +
      "that the token is signed for the proxy's own host, port and region (see signed host); that the user's secret " +
      "has IAMAuth=REQUIRED and its password is the database user's; the clock of this machine.",
  },
  // Refusals that stay.
  { codes: ["1044"], kind: "permanent", remedy: "Grant the user access to the database." },
  { codes: ["1049"], kind: "permanent", remedy: "Check the option `database` or RDS_PROXY_DATABASE." },
  {
    codes: ["1130"],
    kind: "permanent",
    remedy: "The server does not let this host log in: check the host part of the user's account.",
  },
  { codes: ["1153"], kind: "permanent", remedy: "A packet was larger than the server's max_allowed_packet." },
  { codes: ["1231"], kind: "permanent", remedy: "The server does not take the connection's character set." },
  {
    codes: ["1251", "1524"],
    kind: "permanent",
    remedy:
      "The user is set up for an authentication that does not go with IAM: see AWSAuthenticationPlugin.",
  },
  {
    codes: ["3159"],
    kind: "permanent",
    isTls: true,
    remedy: "The proxy insists on TLS and the connection did not use it; this library always does.",
  },
  // Too many failed logins from one address; each further one feeds the counter.
  {
    codes: ["1129"],
    kind: "throttled",
    isLimited: true,
    remedy:
      "The server has blocked this host after too many failed connects: FLUSH HOSTS, then find their cause.",
  },
  { codes: ["1042", "1043"], kind: "dropped", isLimited: true, remedy: DROP_REMEDY },
  {
    codes: ["1105"],
    kind: "dropped",
    isLimited: true,
    remedy: "RDS Proxy reported an unknown error; if it stays, AWS asks to contact Support.",
  },
  // The server goes away or comes back.
  {
    codes: ["3032", "3168"],
    kind: "starting",
    remedy: "The server is not available yet, or was taken offline.",
  },
  {
    codes: [
      "1053",
      "1077",
      "1078",
      "1079",
      "1080",
      "1152",
      "1158",
      "1159",
      "1160",
      "1161",
      "1184",
      "4031",
      "PROTOCOL_CONNECTION_LOST",
      "PROTOCOL_SEQUENCE_TIMEOUT",
    ],
    kind: "dropped",
    remedy: DROP_REMEDY,
  },
  // Writes refused: mysql2's pool throws such connections away, connections taken from it are left to us.
  { codes: ["1290", "1792", "1836"], kind: "read-only", remedy: READ_ONLY_REMEDY },
  // mysql2's own. It puts this code over Node's on every failure of the handshake.
  {
    codes: ["HANDSHAKE_SSL_ERROR"],
    text: /disconnected before secure|ECONNRESET|EPIPE|socket hang up/i,
    kind: "dropped",
    remedy: DROP_REMEDY,
  },
  {
    codes: ["HANDSHAKE_SSL_ERROR"],
    text: /certificate|self-signed|self signed|altnames|issuer/i,
    kind: "permanent",
    isTls: true,
    remedy:
      "The server's certificate was not accepted. An RDS Proxy is verified with Node's own roots, an RDS instance " +
      "with the RDS bundle; a local proxy or a private CA needs `ssl.ca` or NODE_EXTRA_CA_CERTS. Behind a tunnel or " +
      "CNAME set `signingHost`, or `ssl.servername`, to the real endpoint.",
  },
  {
    codes: ["HANDSHAKE_SSL_ERROR"],
    kind: "dropped",
    isLimited: true,
    isTls: true,
    remedy: "The TLS handshake failed on the server's side.",
  },
  {
    codes: ["HANDSHAKE_NO_SSL_SUPPORT"],
    kind: "permanent",
    isTls: true,
    remedy: "The server has TLS switched off; a token is never sent without it.",
  },
  {
    codes: ["MYSQL_CLEAR_PASSWORD_NOT_ENABLED", "AUTH_SWITCH_PLUGIN_ERROR"],
    kind: "permanent",
    remedy: "mysql2 could not answer the request for the token; see the cause.",
  },
  {
    codes: ["HANDSHAKE_UNKNOWN_ERROR", "PROTOCOL_UNEXPECTED_PACKET", "PROTOCOL_ERROR"],
    kind: "permanent",
    remedy: "What answers at this address does not speak MySQL's protocol.",
  },
  {
    text: /^(?:Can't add new command when connection is in closed state|Can't write in closed state|Connection lost|Query inactivity timeout)/,
    kind: "dropped",
    remedy: DROP_REMEDY,
  },
  {
    text: /^(?:Queue limit reached|No connections available)/,
    kind: "exhausted",
    remedy:
      "Every connection of this pool was in use: release connections earlier or raise `maxConnections`.",
  },
];
