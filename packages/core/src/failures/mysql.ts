import type { FailureRow } from "./connect-failure.js";
import {
  BORROW_REMEDY,
  CERTIFICATE_REMEDY,
  DROP_REMEDY,
  NETWORK_REMEDY,
  NO_TLS_REMEDY,
  READ_ONLY_REMEDY,
  SLOTS_REMEDY,
  THROTTLE_REMEDY,
  TLS_REMEDY,
  TLS_VERSION_REMEDY,
  UNKNOWN_HOST_REMEDY,
} from "./remedies.js";

const OTHER_LOGIN_REMEDY =
  "The user is set up for an authentication that does not go with IAM: see AWSAuthenticationPlugin.";

/**
 * A server that refuses a login names the client's host, in whatever language it writes. RDS Proxy always writes '%': for a
 * token that it refuses and, according to its documentation, for its own login to the database.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html
 */
export const DATABASE_REFUSAL: RegExp = /'@'(?!%')[^']*'/;

/**
 * Errors of MySQL, MariaDB, RDS Proxy and mysql2, most specific first. By error number: mysql2 has no name for RDS Proxy's 9501,
 * and for one number the SQLSTATE of a server differs from that of the proxy.
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
    remedy: BORROW_REMEDY,
  },
  {
    codes: ["1045"],
    text: DATABASE_REFUSAL,
    kind: "auth",
    remedy:
      "This is the database's own refusal: its text names the host that logged in, where RDS Proxy writes '%'. Behind a " +
      "proxy that host is the proxy, whose login failed, and not the token: set the password in the user's secret to the " +
      "database user's. On an RDS instance check rds-db:connect for db-ID/USER, and AWSAuthenticationPlugin for the user.",
  },
  {
    codes: ["1045"],
    kind: "auth",
    remedy:
      "RDS Proxy has one text for two refusals. If it refused the token, check, in this order: rds-db:connect on " +
      "arn:aws:rds-db:REGION:ACCOUNT:dbuser:prx-ID/USER in the role's policy; that the token is signed for the proxy's own " +
      "host, port and region (see signed host); that the user's secret has IAMAuth=REQUIRED; the clock of this machine. If " +
      "the database refused the proxy's login, the password in the user's secret is not the database user's.",
  },
  // Permanent refusals.
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
    remedy: OTHER_LOGIN_REMEDY,
  },
  {
    codes: ["3159"],
    kind: "permanent",
    isTls: true,
    remedy: TLS_REMEDY,
  },
  // Too many failed logins from one address; each further one is counted, too.
  {
    codes: ["1129"],
    kind: "throttled",
    retry: "once",
    remedy:
      "The server has blocked this host after too many failed connects: FLUSH HOSTS, then find their cause.",
  },
  { codes: ["1042", "1043"], kind: "dropped", retry: "once", remedy: DROP_REMEDY },
  {
    codes: ["1105"],
    kind: "dropped",
    retry: "once",
    remedy: "RDS Proxy reported an unknown error; if it stays, AWS asks to contact Support.",
  },
  // The server stops or starts.
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
      // An administrator's KILL, at MariaDB and at MySQL.
      "1927",
      "3169",
      "4031",
      "PROTOCOL_CONNECTION_LOST",
      "PROTOCOL_SEQUENCE_TIMEOUT",
    ],
    kind: "dropped",
    remedy: DROP_REMEDY,
  },
  // Numbers of MySQL's own client library, as its tools and AWS's guide show them; mysql2 has Node's codes instead.
  { codes: ["2002", "2003"], kind: "dropped", remedy: NETWORK_REMEDY },
  { codes: ["2005"], kind: "dropped", retry: "once", remedy: UNKNOWN_HOST_REMEDY },
  { codes: ["2006", "2013", "2055"], kind: "dropped", remedy: DROP_REMEDY },
  // Read-only servers. mysql2's pool destroys such connections itself, but not those taken from it.
  { codes: ["1290", "1792", "1836"], kind: "read-only", remedy: READ_ONLY_REMEDY },
  // mysql2 replaces Node's code with this one for every failure of the TLS handshake, so the text decides.
  {
    codes: ["HANDSHAKE_SSL_ERROR"],
    text: /disconnected before secure|ECONNRESET|EPIPE|ETIMEDOUT|socket hang up/,
    kind: "dropped",
    remedy: DROP_REMEDY,
  },
  {
    codes: ["HANDSHAKE_SSL_ERROR", "2026"],
    text: /certificate|self-signed|self signed|altnames|issuer/i,
    kind: "permanent",
    isTls: true,
    remedy: CERTIFICATE_REMEDY,
  },
  {
    codes: ["HANDSHAKE_SSL_ERROR", "2026"],
    text: /unsupported protocol|protocol version|wrong version number|no protocols available|no shared cipher|handshake failure/i,
    kind: "permanent",
    isTls: true,
    remedy: TLS_VERSION_REMEDY,
  },
  {
    codes: ["HANDSHAKE_SSL_ERROR", "2026"],
    kind: "dropped",
    retry: "once",
    isTls: true,
    remedy: "The TLS handshake failed on the server's side.",
  },
  {
    codes: ["HANDSHAKE_NO_SSL_SUPPORT"],
    kind: "permanent",
    isTls: true,
    remedy: NO_TLS_REMEDY,
  },
  {
    codes: ["MYSQL_CLEAR_PASSWORD_NOT_ENABLED", "AUTH_SWITCH_PLUGIN_ERROR"],
    kind: "permanent",
    remedy: "The driver could not answer the request for the token; see the cause.",
  },
  {
    codes: ["HANDSHAKE_UNKNOWN_ERROR", "PROTOCOL_UNEXPECTED_PACKET", "PROTOCOL_PACKETS_OUT_OF_ORDER"],
    kind: "permanent",
    remedy: "What answers at this address does not speak MySQL's protocol.",
  },
  // The same errors without a number: lost by a wrapper, or by mysql2 for a refusal before the handshake.
  {
    text: /(?:Connections|IAM authentication) rate limit exceeded/i,
    kind: "throttled",
    remedy: THROTTLE_REMEDY,
  },
  {
    text: /Number simultaneous connections exceeded|Too many connections/i,
    kind: "exhausted",
    remedy: SLOTS_REMEDY,
  },
  {
    text: /Timed-out waiting to acquire database connection/i,
    kind: "borrow-timeout",
    remedy: BORROW_REMEDY,
  },
  {
    text: /requires TLS connections|allowed only with SSL/i,
    kind: "permanent",
    isTls: true,
    remedy: TLS_REMEDY,
  },
  // Errors of mysql2 without a code.
  { text: /requests authentication using unknown plugin/i, kind: "permanent", remedy: OTHER_LOGIN_REMEDY },
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
