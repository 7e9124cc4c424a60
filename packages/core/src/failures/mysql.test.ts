import { describe, expect, it } from "vitest";
import { WRAPPERS } from "../testing/wrappers.js";
import { classifyConnectFailure } from "./classify.js";
import type { ConnectFailureKind } from "./connect-failure.js";
import { MYSQL_FAILURES } from "./mysql.js";

type Verdict = ConnectFailureKind | "permanent about TLS" | `${ConnectFailureKind}, retried once`;

interface Answer {
  readonly errno: number;
  /** mysql2's name for the number. It has none for RDS Proxy's own, nor for those of MySQL's client library. */
  readonly code?: string;
  readonly text: string;
  readonly verdict: Verdict;
}

/** What RDS Proxy for MySQL answers: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html */
const PROXY_ANSWERS: readonly Answer[] = [
  {
    errno: 1040,
    code: "ER_CON_COUNT_ERROR",
    text: "Connections rate limit exceeded (200)",
    verdict: "throttled",
  },
  {
    errno: 1040,
    code: "ER_CON_COUNT_ERROR",
    text: "IAM authentication rate limit exceeded",
    verdict: "throttled",
  },
  {
    errno: 1040,
    code: "ER_CON_COUNT_ERROR",
    text: "Number simultaneous connections exceeded (1000)",
    verdict: "exhausted",
  },
  {
    errno: 1045,
    code: "ER_ACCESS_DENIED_ERROR",
    text: "Access denied for user 'app_user'@'%' (using password: YES)",
    verdict: "auth",
  },
  { errno: 1105, code: "ER_UNKNOWN_ERROR", text: "Unknown error", verdict: "dropped, retried once" },
  {
    errno: 1231,
    code: "ER_WRONG_VALUE_FOR_VAR",
    text: "Variable ''character_set_client'' can't be set to the value of ucs2",
    verdict: "permanent",
  },
  {
    errno: 3159,
    code: "ER_SECURE_TRANSPORT_REQUIRED",
    text: "This RDS Proxy requires TLS connections.",
    verdict: "permanent about TLS",
  },
  { errno: 2026, text: "SSL connection error: Internal Server Error", verdict: "dropped, retried once" },
  {
    errno: 2026,
    text: "SSL connection error: self-signed certificate in certificate chain",
    verdict: "permanent about TLS",
  },
  { errno: 9501, text: "Timed-out waiting to acquire database connection", verdict: "borrow-timeout" },
  {
    errno: 1290,
    code: "ER_OPTION_PREVENTS_STATEMENT",
    text: "The MySQL server is running with the --read-only option so it cannot execute this statement",
    verdict: "read-only",
  },
];

/**
 * What MySQL and MariaDB answer: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html,
 * https://mariadb.com/kb/en/mariadb-error-code-reference/
 */
const SERVER_ANSWERS: readonly Answer[] = [
  { errno: 1040, code: "ER_CON_COUNT_ERROR", text: "Too many connections", verdict: "exhausted" },
  {
    errno: 1041,
    code: "ER_OUT_OF_RESOURCES",
    text: "Out of memory; check if mysqld or some other process uses all available memory",
    verdict: "exhausted",
  },
  {
    errno: 1042,
    code: "ER_BAD_HOST_ERROR",
    text: "Can't get hostname for your address",
    verdict: "dropped, retried once",
  },
  { errno: 1043, code: "ER_HANDSHAKE_ERROR", text: "Bad handshake", verdict: "dropped, retried once" },
  {
    errno: 1044,
    code: "ER_DBACCESS_DENIED_ERROR",
    text: "Access denied for user 'app_user'@'%' to database 'shop'",
    verdict: "permanent",
  },
  {
    errno: 1045,
    code: "ER_ACCESS_DENIED_ERROR",
    text: "Access denied for user 'app_user'@'10.0.0.1' (using password: NO)",
    verdict: "auth",
  },
  { errno: 1049, code: "ER_BAD_DB_ERROR", text: "Unknown database 'shop'", verdict: "permanent" },
  { errno: 1927, code: "ER_CONNECTION_KILLED", text: "Connection was killed", verdict: "dropped" },
  { errno: 3169, code: "ER_SESSION_WAS_KILLED", text: "Session was killed", verdict: "dropped" },
  { errno: 1053, code: "ER_SERVER_SHUTDOWN", text: "Server shutdown in progress", verdict: "dropped" },
  { errno: 1077, code: "ER_NORMAL_SHUTDOWN", text: "mysqld: Normal shutdown", verdict: "dropped" },
  { errno: 1078, code: "ER_GOT_SIGNAL", text: "mysqld: Got signal 11. Aborting!", verdict: "dropped" },
  { errno: 1079, code: "ER_SHUTDOWN_COMPLETE", text: "mysqld: Shutdown complete", verdict: "dropped" },
  {
    errno: 1080,
    code: "ER_FORCING_CLOSE",
    text: "mysqld: Forcing close of thread 7  user: 'app_user'",
    verdict: "dropped",
  },
  {
    errno: 1129,
    code: "ER_HOST_IS_BLOCKED",
    text: "Host '10.0.0.1' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'",
    verdict: "throttled, retried once",
  },
  {
    errno: 1130,
    code: "ER_HOST_NOT_PRIVILEGED",
    text: "Host '10.0.0.1' is not allowed to connect to this MySQL server",
    verdict: "permanent",
  },
  {
    errno: 1152,
    code: "ER_ABORTING_CONNECTION",
    text: "Aborted connection 7 to db: 'shop' user: 'app_user' (Got an error reading communication packets)",
    verdict: "dropped",
  },
  {
    errno: 1153,
    code: "ER_NET_PACKET_TOO_LARGE",
    text: "Got a packet bigger than 'max_allowed_packet' bytes",
    verdict: "permanent",
  },
  {
    errno: 1158,
    code: "ER_NET_READ_ERROR",
    text: "Got an error reading communication packets",
    verdict: "dropped",
  },
  {
    errno: 1159,
    code: "ER_NET_READ_INTERRUPTED",
    text: "Got timeout reading communication packets",
    verdict: "dropped",
  },
  {
    errno: 1160,
    code: "ER_NET_ERROR_ON_WRITE",
    text: "Got an error writing communication packets",
    verdict: "dropped",
  },
  {
    errno: 1161,
    code: "ER_NET_WRITE_INTERRUPTED",
    text: "Got timeout writing communication packets",
    verdict: "dropped",
  },
  {
    errno: 1184,
    code: "ER_NEW_ABORTING_CONNECTION",
    text: "Aborted connection 7 to db: 'shop' user: 'app_user' host: '10.0.0.1' (init_connect command failed)",
    verdict: "dropped",
  },
  {
    errno: 1203,
    code: "ER_TOO_MANY_USER_CONNECTIONS",
    text: "User app_user already has more than 'max_user_connections' active connections",
    verdict: "exhausted",
  },
  {
    errno: 1205,
    code: "ER_LOCK_WAIT_TIMEOUT",
    text: "Lock wait timeout exceeded; try restarting transaction",
    verdict: "permanent",
  },
  {
    errno: 1213,
    code: "ER_LOCK_DEADLOCK",
    text: "Deadlock found when trying to get lock; try restarting transaction",
    verdict: "permanent",
  },
  {
    errno: 1226,
    code: "ER_USER_LIMIT_REACHED",
    text: "User 'app_user' has exceeded the 'max_user_connections' resource (current value: 10)",
    verdict: "exhausted",
  },
  ...["max_connections_per_hour", "max_queries_per_hour", "max_updates_per_hour"].map(
    (quota): Answer => ({
      errno: 1226,
      code: "ER_USER_LIMIT_REACHED",
      text: `User 'app_user' has exceeded the '${quota}' resource (current value: 10)`,
      verdict: "permanent",
    }),
  ),
  {
    errno: 1251,
    code: "ER_NOT_SUPPORTED_AUTH_MODE",
    text: "Client does not support authentication protocol requested by server; consider upgrading MySQL client",
    verdict: "permanent",
  },
  {
    errno: 1524,
    code: "ER_PLUGIN_IS_NOT_LOADED",
    text: "Plugin 'AWSAuthenticationPlugin' is not loaded",
    verdict: "permanent",
  },
  {
    errno: 1792,
    code: "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION",
    text: "Cannot execute statement in a READ ONLY transaction.",
    verdict: "read-only",
  },
  {
    errno: 1836,
    code: "ER_READ_ONLY_MODE",
    text: "Running in read-only mode",
    verdict: "read-only",
  },
  {
    errno: 3032,
    code: "ER_SERVER_OFFLINE_MODE",
    text: "The server is currently in offline mode",
    verdict: "starting",
  },
  {
    errno: 3168,
    code: "ER_SERVER_ISNT_AVAILABLE",
    text: "Server isn't available",
    verdict: "starting",
  },
  {
    errno: 4031,
    code: "ER_CLIENT_INTERACTION_TIMEOUT",
    text: "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.",
    verdict: "dropped",
  },
  {
    errno: 1064,
    code: "ER_PARSE_ERROR",
    text: "You have an error in your SQL syntax",
    verdict: "permanent",
  },
];

/** Numbers of MySQL's client library: https://dev.mysql.com/doc/mysql-errors/8.4/en/client-error-reference.html */
const CLIENT_LIBRARY_ERRORS: readonly Answer[] = [
  {
    errno: 2002,
    text: "Can't connect to local MySQL server through socket '/run/mysqld.sock' (2)",
    verdict: "dropped",
  },
  { errno: 2003, text: "Can't connect to MySQL server on 'shop.example' (110)", verdict: "dropped" },
  {
    errno: 2005,
    text: "Unknown MySQL server host 'shop.example' (0)",
    verdict: "dropped, retried once",
  },
  { errno: 2006, text: "MySQL server has gone away", verdict: "dropped" },
  {
    errno: 2013,
    text: "Lost connection to MySQL server at 'reading initial communication packet', system error: 0",
    verdict: "dropped",
  },
  {
    errno: 2055,
    text: "Lost connection to MySQL server at 'reading authorization packet', system error: 104",
    verdict: "dropped",
  },
];

/** What OpenSSL says, as Node passes it on. */
function openSsl(reason: string): string {
  return `40CD8177A87F0000:error:0A00042E:SSL routines:ssl3_read_bytes:${reason}:../deps/openssl/ssl/rec_layer_s3.c:918:\n`;
}

/** What mysql2 and Node report about a connection; it puts HANDSHAKE_SSL_ERROR over the code of whatever ended a TLS handshake. */
const DRIVER_ERRORS: readonly [code: string, text: string, verdict: Verdict][] = [
  ["ECONNREFUSED", "connect ECONNREFUSED 10.0.0.1:3306", "dropped"],
  ["ECONNRESET", "read ECONNRESET", "dropped"],
  ["EPIPE", "This socket has been ended by the other party", "dropped"],
  ["ETIMEDOUT", "connect ETIMEDOUT", "dropped"],
  ["ENOTFOUND", "getaddrinfo ENOTFOUND shop.example", "dropped, retried once"],
  ["PROTOCOL_CONNECTION_LOST", "Connection lost: The server closed the connection.", "dropped"],
  ["PROTOCOL_SEQUENCE_TIMEOUT", "Query inactivity timeout", "dropped"],
  ["HANDSHAKE_NO_SSL_SUPPORT", "Server does not support secure connection", "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", "self-signed certificate in certificate chain", "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", "self signed certificate in certificate chain", "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", "self-signed certificate", "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", "unable to get local issuer certificate", "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", "unable to verify the first certificate", "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", "certificate has expired", "permanent about TLS"],
  [
    "HANDSHAKE_SSL_ERROR",
    "Hostname/IP does not match certificate's altnames: Host: shop.example. is not in the cert's altnames: DNS:other.example",
    "permanent about TLS",
  ],
  ["HANDSHAKE_SSL_ERROR", openSsl("tlsv1 alert protocol version"), "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", openSsl("unsupported protocol"), "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", openSsl("wrong version number"), "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", openSsl("ssl/tls alert handshake failure"), "permanent about TLS"],
  ["HANDSHAKE_SSL_ERROR", openSsl("tlsv1 alert internal error"), "dropped, retried once"],
  ["HANDSHAKE_SSL_ERROR", "read ECONNRESET", "dropped"],
  ["HANDSHAKE_SSL_ERROR", "write EPIPE", "dropped"],
  [
    "HANDSHAKE_SSL_ERROR",
    "Client network socket disconnected before secure TLS connection was established",
    "dropped",
  ],
  [
    "MYSQL_CLEAR_PASSWORD_NOT_ENABLED",
    "Server requested authentication using mysql_clear_password, which sends the password in plaintext over the network and is disabled by default.",
    "permanent",
  ],
  ["AUTH_SWITCH_PLUGIN_ERROR", "the auth token could not be signed", "permanent"],
  ["HANDSHAKE_UNKNOWN_ERROR", "Unexpected packet during handshake phase", "permanent"],
  ["PROTOCOL_UNEXPECTED_PACKET", "Unexpected packet while no commands in the queue", "permanent"],
  ["PROTOCOL_PACKETS_OUT_OF_ORDER", "The server sent packets that no command was waiting for.", "permanent"],
  // What mysql2 makes of a refusal that comes out of turn and for whose number it has no name.
  ["PROTOCOL_ERROR", "Timed-out waiting to acquire database connection", "borrow-timeout"],
];

/** What mysql2 says without a code. */
const DRIVER_MESSAGES: readonly [text: string, verdict: Verdict][] = [
  ["Connection lost: The server closed the connection.", "dropped"],
  ["Can't add new command when connection is in closed state", "dropped"],
  ["Can't write in closed state", "dropped"],
  ["Query inactivity timeout", "dropped"],
  ["connect ETIMEDOUT", "dropped"],
  ["connect ECONNREFUSED", "dropped"],
  ["Queue limit reached.", "exhausted"],
  ["No connections available.", "exhausted"],
  ["Pool is closed.", "permanent"],
  [
    "Server requests authentication using unknown plugin mysql_clear_password. See TODO: add plugins doco here on how to configure or author authentication plugins.",
    "permanent",
  ],
];

/** Texts that an application or ORM may have put into an error of its own. */
const TEXTS_WITHOUT_NUMBER: readonly [text: string, verdict: Verdict][] = [
  ["Connections rate limit exceeded (200)", "throttled"],
  ["IAM authentication rate limit exceeded", "throttled"],
  ["Number simultaneous connections exceeded (1000)", "exhausted"],
  ["Too many connections", "exhausted"],
  ["Timed-out waiting to acquire database connection", "borrow-timeout"],
  ["This RDS Proxy requires TLS connections", "permanent about TLS"],
  ["IAM is allowed only with SSL connections", "permanent about TLS"],
  ["unable to get local issuer certificate", "permanent about TLS"],
];

/** An error as mysql2 makes it of the server's answer. */
function serverError({ errno, code, text }: Answer, sqlState = "HY000"): Error {
  return Object.assign(new Error(text), { code, errno, sqlState, sqlMessage: text });
}

function driverError(code: string, text: string): Error {
  return Object.assign(new Error(text), { code, fatal: true });
}

function verdictOn(error: unknown): Verdict {
  const { kind, retry, isTls } = classifyConnectFailure(error, "mysql");
  if (isTls && kind === "permanent") return "permanent about TLS";
  return retry === "once" && kind !== "auth" ? `${kind}, retried once` : kind;
}

describe("an answer of RDS Proxy", () => {
  it.each(PROXY_ANSWERS)("$errno $text is $verdict, with or without full stop", (answer) => {
    const bare = answer.text.replace(/\.$/, "");
    for (const text of [bare, `${bare}.`, bare.replaceAll("'", "’")]) {
      expect(verdictOn(serverError({ ...answer, text }))).toBe(answer.verdict);
    }
  });

  it("that its wait for a database connection ran out is recognised by the number alone", () => {
    expect(verdictOn({ errno: 9501 })).toBe("borrow-timeout");
    expect(verdictOn({ errno: 9501, code: undefined, message: "" })).toBe("borrow-timeout");
  });

  it("is distinguished by its text from others with the same number", () => {
    const limits = PROXY_ANSWERS.filter(({ errno }) => errno === 1040).map(({ verdict }) => verdict);
    expect(new Set(limits)).toEqual(new Set(["throttled", "exhausted"]));
  });
});

describe("an answer of the server", () => {
  it.each(SERVER_ANSWERS)("$errno $text is $verdict", (answer) => {
    expect(verdictOn(serverError(answer))).toBe(answer.verdict);
  });

  it("is known without mysql2's name for it", () => {
    const nameless = SERVER_ANSWERS.map(({ errno, text, verdict }) => ({ errno, text, verdict }));
    expect(nameless.map((answer) => verdictOn(serverError(answer)))).toEqual(
      nameless.map(({ verdict }) => verdict),
    );
  });

  it.each(["HY000", "08004", "42000", "_____", ""])("is judged alike with SQLSTATE %j", (sqlState) => {
    const answers = [...PROXY_ANSWERS, ...SERVER_ANSWERS];
    expect(answers.map((answer) => verdictOn(serverError(answer, sqlState)))).toEqual(
      answers.map(({ verdict }) => verdict),
    );
  });
});

describe("an error of MySQL's client library", () => {
  it.each(CLIENT_LIBRARY_ERRORS)("$errno $text is $verdict", (answer) => {
    expect(verdictOn(serverError(answer))).toBe(answer.verdict);
  });
});

describe("an error of mysql2 or of Node below it", () => {
  it.each(DRIVER_ERRORS)("%s %s is %s", (code, text, verdict) => {
    expect(verdictOn(driverError(code, text))).toBe(verdict);
  });

  it.each(DRIVER_MESSAGES)("%s is %s, without a code", (text, verdict) => {
    expect(verdictOn(new Error(text))).toBe(verdict);
  });

  it("about a failed handshake is about TLS, unless the connection broke", () => {
    const isTls = (text: string): boolean =>
      classifyConnectFailure(driverError("HANDSHAKE_SSL_ERROR", text), "mysql").isTls;
    expect(isTls(openSsl("tlsv1 alert internal error"))).toBe(true);
    expect(isTls("read ECONNRESET")).toBe(false);
  });
});

describe("a text without its number", () => {
  it.each(TEXTS_WITHOUT_NUMBER)("%s is %s", (text, verdict) => {
    expect(verdictOn(new Error(`ORM error: ${text}.`))).toBe(verdict);
  });
});

describe("a wrapper changes no verdict", () => {
  const answers = [...PROXY_ANSWERS, ...SERVER_ANSWERS, ...CLIENT_LIBRARY_ERRORS];

  it.each(Object.entries(WRAPPERS))("%s", (_, wrap) => {
    const judged = answers.map((answer) => ({ ...answer, verdict: verdictOn(wrap(serverError(answer))) }));
    expect(judged).toEqual(answers);
    const errors = DRIVER_ERRORS.map(([code, text]) => [
      code,
      text,
      verdictOn(wrap(driverError(code, text))),
    ]);
    expect(errors).toEqual(DRIVER_ERRORS);
    const messages = DRIVER_MESSAGES.map(([text]) => [text, verdictOn(wrap(new Error(text)))]);
    expect(messages).toEqual(DRIVER_MESSAGES);
  });
});

describe("the table", () => {
  it("has no row that an earlier one hides", () => {
    const hidden = MYSQL_FAILURES.filter(({ codes }, index) =>
      MYSQL_FAILURES.slice(0, index).some(
        (earlier) => !earlier.text && codes?.some((code) => earlier.codes?.includes(code)),
      ),
    );
    expect(hidden).toEqual([]);
  });

  it("names something to check in every row", () => {
    for (const { remedy } of MYSQL_FAILURES) expect(remedy).toMatch(/^[A-Z`].{20,}[.?]$/);
  });
});

describe("a refused login on MySQL", () => {
  const remedyOf = (host: string): string =>
    classifyConnectFailure(
      Object.assign(new Error(`Access denied for user 'app'@'${host}' (using password: YES)`), {
        errno: 1045,
      }),
      "mysql",
    ).remedy;

  it.each([
    "Benutzer 'app'@'10.0.1.23' hat keine Zugriffsberechtigung (verwendetes Passwort: Ja)",
    "Accès refusé pour l'utilisateur: 'app'@'10.0.1.23' (mot de passe: OUI)",
    "ユーザー 'app'@'10.0.1.23' を拒否します.uUsing password: はい)",
  ])("is the proxy's own in the database's language: %s", (message) => {
    const { kind, remedy } = classifyConnectFailure({ errno: 1045, message }, "mysql");
    expect(kind).toBe("auth");
    expect(remedy).toContain("Behind a proxy that host is the proxy, whose login failed");
  });

  it("may be the token's or the proxy's own, where the text is RDS Proxy's", () => {
    expect(remedyOf("%")).toMatch(/If it refused the token, .* If the database refused the proxy's login, /);
  });

  it.each(["10.0.1.23", "ip-10-0-1-23.ec2.internal", "localhost"])(
    "is the proxy's own where the database names its client, %s",
    (host) => {
      expect(remedyOf(host)).toContain(
        "Behind a proxy that host is the proxy, whose login failed, and not the token",
      );
    },
  );
});

/** A server may write in any language, so where the text does not matter, it is none that a row knows. */
const REMEDIES: readonly [code: string | number, text: string, remedy: string][] = [
  [1040, "Zu viele Verbindungen", "All connection slots are taken"],
  [1226, "Benutzer 'app' hat die Ressourcengrenze 'max_questions' überschritten", "hourly quota is used up"],
  [1044, "Benutzer 'app' hat keine Zugriffsberechtigung", "Grant the user access"],
  [1049, "Unbekannte Datenbank", "Check the option `database`"],
  [1130, "Host ist nicht berechtigt", "check the host part of the user's account"],
  [1153, "Empfangenes Paket ist zu groß", "max_allowed_packet"],
  [1231, "Variable kann nicht gesetzt werden", "does not take the connection's character set"],
  [1251, "Client unterstützt das Protokoll nicht", "an authentication that does not go with IAM"],
  [1524, "Plugin ist nicht geladen", "an authentication that does not go with IAM"],
  [3159, "Unsichere Verbindungen sind verboten", "insists on TLS"],
  [2026, "handshake failure", "no TLS version in common"],
  ["PROTOCOL_CONNECTION_LOST", "…", "The connection broke"],
  ["PROTOCOL_SEQUENCE_TIMEOUT", "…", "The connection broke"],
  ["MYSQL_CLEAR_PASSWORD_NOT_ENABLED", "…", "could not answer the request for the token"],
  ["AUTH_SWITCH_PLUGIN_ERROR", "…", "could not answer the request for the token"],
  ["HANDSHAKE_UNKNOWN_ERROR", "…", "does not speak MySQL's protocol"],
  ["PROTOCOL_UNEXPECTED_PACKET", "…", "does not speak MySQL's protocol"],
  ["PROTOCOL_PACKETS_OUT_OF_ORDER", "…", "does not speak MySQL's protocol"],
  // The texts of mysql2 at the start of a message only: a statement's error can quote them.
  ["no code", "trigger: Connection lost", "not known to be transient"],
  ["no code", "trigger: Queue limit reached", "not known to be transient"],
];

it.each(REMEDIES)("what to check after %s, %s: %s", (code, message, remedy) => {
  const error = typeof code === "number" ? { errno: code, message } : { code, message };
  expect(classifyConnectFailure(error, "mysql").remedy).toContain(remedy);
});
