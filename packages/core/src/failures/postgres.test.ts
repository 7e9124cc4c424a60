import { describe, expect, it } from "vitest";
import { serverError, WRAPPERS } from "../testing/wrappers.js";
import { classifyConnectFailure } from "./classify.js";
import type { ConnectFailureKind } from "./connect-failure.js";
import { POSTGRES_FAILURES } from "./postgres.js";

type Verdict = ConnectFailureKind | "permanent about TLS" | `${ConnectFailureKind}, retried once`;

/** What RDS Proxy for PostgreSQL answers: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html */
const PROXY_ANSWERS: readonly [code: string, text: string, verdict: Verdict][] = [
  ["28000", "IAM authentication is allowed only with SSL connections.", "permanent about TLS"],
  ["28000", "IAM is allowed only with SSL connections.", "permanent about TLS"],
  ["28000", "This RDS Proxy requires TLS connections.", "permanent about TLS"],
  [
    "28000",
    "This RDS proxy has no credentials for the role app_user. Check the credentials for this role and try again.",
    "permanent",
  ],
  ["28000", "RDS supports only IAM, MD5, or SCRAM authentication.", "permanent"],
  ["28000", "RDS Proxy supports only IAM, MD5, or SCRAM authentication.", "permanent"],
  [
    "28000",
    "A user name is missing from the connection startup packet. Provide a user name for this connection.",
    "permanent",
  ],
  ["28000", "Enable IAM authentication for the client connection to the proxy and try again.", "permanent"],
  [
    "28000",
    "Configure IAM authentication as the DefaultAuthScheme in your proxy and try again.",
    "permanent",
  ],
  [
    "28P01",
    "IAM authentication failed for user app_user. Check the IAM token for this user and try again.",
    "auth",
  ],
  [
    "28P01",
    "The IAM authentication failed for the role app_user. Check the IAM token for this role and try again.",
    "auth",
  ],
  ["28P01", "The password that was provided for the role app_user is wrong.", "permanent"],
  [
    "0A000",
    "Feature not supported: RDS Proxy supports only version 3.0 of the PostgreSQL messaging protocol.",
    "permanent",
  ],
  [
    "0A000",
    "Feature not supported: RDS Proxy currently doesn't support streaming replication mode.",
    "permanent",
  ],
  [
    "0A000",
    "Feature not supported: RDS Proxy currently doesn't support the option statement_timeout.",
    "permanent",
  ],
  ["0A000", "Feature not supported: RDS Proxy currently doesn't support command-line options.", "permanent"],
  ["53300", "The IAM authentication failed because of too many competing requests.", "throttled"],
  ["53300", "The maximum number of client connections to the proxy exceeded 1000.", "exhausted"],
  ["53300", "Rate of connection to proxy exceeded 200.", "throttled"],
  ["XX000", "Unknown error.", "dropped, retried once"],
  ["XX000", 'Request returned an error: database "your-database-name" does not exist.', "permanent"],
  ["XX000", 'Request returned an error: role "app_user" does not exist.', "permanent"],
  ["XX000", "Request returned an error: sorry, too many clients already.", "exhausted"],
  [
    "XX000",
    "Request returned an error: remaining connection slots are reserved for roles with the SUPERUSER attribute.",
    "exhausted",
  ],
  ["XX000", "Request returned an error: the database system is starting up.", "starting"],
  ["XX000", "Request returned an error: the database system is shutting down.", "starting"],
  ["XX000", "Request returned an error: the database system is in recovery mode.", "starting"],
  ["XX000", "Request returned an error: could not connect to the database.", "dropped"],
  ["XX000", "Request returned an error: connection timeout.", "dropped"],
  ["XX000", "Request returned an error: something else.", "dropped, retried once"],
  ["08000", "Timed-out waiting to acquire database connection.", "borrow-timeout"],
];

/** What PostgreSQL, and PgBouncer in its place, answer to a login. */
const SERVER_ANSWERS: readonly [code: string, text: string, verdict: Verdict][] = [
  ["08000", "connection exception", "dropped"],
  ["08001", "could not connect to server", "dropped"],
  ["08003", "connection does not exist", "dropped"],
  ["08004", "server rejected the connection", "permanent"],
  ["08004", "too many connections", "exhausted"],
  ["08004", "remaining connection slots are reserved", "exhausted"],
  ["08006", "connection failure", "dropped"],
  // Aurora DSQL: https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html, and users' logs for the first.
  ["08006", "unable to accept connection, access denied", "auth"],
  ["53300", "Unable to accept connection, too many open connections.", "exhausted"],
  ["53400", "Unable to accept connection, rate exceeded.", "throttled"],
  ["08007", "transaction resolution unknown", "dropped"],
  ["40003", "statement completion unknown", "dropped"],
  ["08P01", "invalid startup packet layout", "permanent"],
  ["08P01", "no more connections allowed (max_client_conn)", "exhausted"],
  ["08P01", "query_wait_timeout", "exhausted"],
  ["53300", "sorry, too many clients already", "exhausted"],
  [
    "53300",
    "remaining connection slots are reserved for roles with privileges of the pg_use_reserved_connections role",
    "exhausted",
  ],
  ["53300", 'too many connections for role "app_user"', "exhausted"],
  ["53400", "unable to accept connection, rate limit exceeded", "throttled"],
  ["53000", "insufficient resources", "exhausted, retried once"],
  ["53100", "could not extend file: No space left on device", "exhausted, retried once"],
  ["53200", "out of memory", "exhausted, retried once"],
  ["57P01", "terminating connection due to administrator command", "dropped"],
  ["57P02", "terminating connection because of crash of another server process", "dropped"],
  ["57P03", "the database system is starting up", "starting"],
  ["57P03", "the database system is shutting down", "starting"],
  ["57P03", "the database system is in recovery mode", "starting"],
  ["57P03", "the database system is not accepting connections", "starting"],
  ["57P05", "terminating connection due to idle-session timeout", "dropped"],
  ["57014", "canceling authentication due to timeout", "dropped, retried once"],
  ["57014", "canceling statement due to user request", "permanent"],
  ["25006", "cannot execute UPDATE in a read-only transaction", "read-only"],
  ["40001", "could not serialize access due to concurrent update", "permanent"],
  ["40P01", "deadlock detected", "permanent"],
  ["28000", 'PAM authentication failed for user "app_user"', "auth"],
  [
    "28000",
    'no pg_hba.conf entry for host "10.0.0.1", user "app_user", database "shop", no encryption',
    "permanent about TLS",
  ],
  [
    "28000",
    'no pg_hba.conf entry for host "10.0.0.1", user "app_user", database "shop", SSL off',
    "permanent about TLS",
  ],
  [
    "28000",
    'no pg_hba.conf entry for host "10.0.0.1", user "app_user", database "shop", SSL encryption',
    "permanent",
  ],
  ["28000", 'role "app_user" is not permitted to log in', "permanent"],
  ["28P01", 'password authentication failed for user "app_user"', "permanent"],
  ["0A000", "unsupported frontend protocol 1234.5679", "permanent"],
  ["3D000", 'database "shop" does not exist', "permanent"],
  ["42501", 'permission denied for database "shop"', "permanent"],
];

/** What node-postgres says by itself, without a code. */
const DRIVER_MESSAGES: readonly [text: string, verdict: Verdict][] = [
  ["Connection terminated unexpectedly", "dropped"],
  ["Connection terminated due to connection timeout", "dropped"],
  ["Connection terminated", "dropped"],
  ["timeout expired", "dropped"],
  ["Query read timeout", "dropped"],
  ["Client has encountered a connection error and is not queryable", "dropped"],
  ["Client was closed and is not queryable", "dropped"],
  ["There was an error establishing an SSL connection", "dropped"],
  ["A message of the server could not be handled: an error does not end", "permanent"],
  ["received invalid response: 3e", "permanent"],
  ["The server does not support SSL connections", "permanent about TLS"],
  ["timeout exceeded when trying to connect", "exhausted"],
  ["client password must be a string", "permanent"],
];

/** Texts that an application or ORM may have put into an error of its own. */
const TEXTS_WITHOUT_CODE: readonly [text: string, verdict: Verdict][] = [
  ["The IAM authentication failed because of too many competing requests", "throttled"],
  ["IAM authentication rate limit exceeded", "throttled"],
  ["Connections rate limit exceeded (100)", "throttled"],
  ["Rate of connection to proxy exceeded 200", "throttled"],
  ["The maximum number of client connections to the proxy exceeded 1000", "exhausted"],
  ["remaining connection slots are reserved for non-replication superuser connections", "exhausted"],
  ["sorry, too many clients already", "exhausted"],
  ["Timed-out waiting to acquire database connection", "borrow-timeout"],
  ["the database system is starting up", "starting"],
];

function verdictOn(error: unknown): Verdict {
  const { kind, retry, isTls } = classifyConnectFailure(error, "postgres");
  if (isTls) return kind === "permanent" ? "permanent about TLS" : `${kind}, retried once`;
  return retry === "once" && kind !== "auth" ? `${kind}, retried once` : kind;
}

/** The same sentence as the guide prints it, as logs show it, and in the other typography. */
function spellings(text: string): string[] {
  const bare = text.replace(/\.$/, "");
  return [bare, `${bare}.`, bare.replaceAll("'", "’"), `${bare.replaceAll("'", "’")}.`];
}

describe("an answer of RDS Proxy", () => {
  it.each(PROXY_ANSWERS)(
    "%s %s is %s, with or without full stop and in either typography",
    (code, text, verdict) => {
      const verdicts = spellings(text).map((spelling) => verdictOn(serverError(code, spelling)));
      expect(new Set(verdicts)).toEqual(new Set([verdict]));
    },
  );
});

describe("an answer of the server", () => {
  it.each(SERVER_ANSWERS)("%s %s is %s", (code, text, verdict) => {
    expect(verdictOn(serverError(code, text))).toBe(verdict);
  });
});

/** A server with `lc_messages = 'de_DE.UTF-8'`: PostgreSQL 15 wrote these. */
const GERMAN_ANSWERS: readonly [code: string, routine: string, text: string, verdict: Verdict][] = [
  ["28000", "auth_failed", "PAM-Authentifizierung für Benutzer »app« fehlgeschlagen", "auth"],
  ["28000", "ClientAuthentication", "pg_hba.conf lehnt Verbindung ab für Host »127.0.0.1«", "permanent"],
  ["28000", "InitializeSessionUserId", "Rolle »app« hat keine Berechtigung zum Einloggen", "permanent"],
  ["28P01", "auth_failed", "Passwort-Authentifizierung für Benutzer »app« fehlgeschlagen", "permanent"],
  ["3D000", "InitPostgres", "Datenbank »shop« existiert nicht", "permanent"],
  ["42501", "CheckMyDatabase", "keine Berechtigung für Datenbank »shop«", "permanent"],
  ["53300", "InitializeSessionUserId", "zu viele Verbindungen von Rolle »app«", "exhausted"],
  ["53300", "InitProcess", "tut mir leid, schon zu viele Verbindungen", "exhausted"],
  ["57P01", "ProcessInterrupts", "Verbindung wird abgebrochen aufgrund von Anweisung", "dropped"],
  ["57P03", "ProcessStartupPacket", "das Datenbanksystem startet", "starting"],
  ["25006", "PreventCommandIfReadOnly", "kann nicht in einer Read-Only-Transaktion", "read-only"],
];

describe("an answer of a server that writes in German", () => {
  it.each(GERMAN_ANSWERS)("%s of %s, %s, is %s", (code, routine, text, verdict) => {
    expect(verdictOn(Object.assign(serverError(code, text), { routine }))).toBe(verdict);
  });
});

describe("a message of node-postgres without a code", () => {
  it.each(DRIVER_MESSAGES)("%s is %s", (text, verdict) => {
    expect(verdictOn(new Error(text))).toBe(verdict);
  });
});

describe("a text without its code", () => {
  it.each(TEXTS_WITHOUT_CODE)("%s is %s", (text, verdict) => {
    expect(verdictOn(new Error(`ORM error: ${text}.`))).toBe(verdict);
  });
});

describe("a wrapper changes no verdict", () => {
  const answers = [...PROXY_ANSWERS, ...SERVER_ANSWERS];

  it.each(Object.entries(WRAPPERS))("%s", (_, wrap) => {
    const wrapped = answers.map(([code, text]) => [code, text, verdictOn(wrap(serverError(code, text)))]);
    expect(wrapped).toEqual(answers);
    const messages = DRIVER_MESSAGES.map(([text]) => [text, verdictOn(wrap(new Error(text)))]);
    expect(messages).toEqual(DRIVER_MESSAGES);
  });
});

describe("the table", () => {
  it("has no row that an earlier one hides", () => {
    const hidden = POSTGRES_FAILURES.filter(({ codes, text }, index) =>
      POSTGRES_FAILURES.slice(0, index).some(
        (earlier) => !earlier.text && codes && text && codes.every((code) => earlier.codes?.includes(code)),
      ),
    );
    expect(hidden).toEqual([]);
  });

  it("names something to check in every row", () => {
    for (const { remedy } of POSTGRES_FAILURES) expect(remedy).toMatch(/^[A-Z`].{20,}[.?]$/);
  });
});

const REMEDIES: readonly [code: string | undefined, text: string, remedy: string][] = [
  ["28000", "This RDS Proxy requires TLS connections.", "insists on TLS"],
  ["28000", "This RDS proxy has no credentials for the role app.", "Register a Secrets Manager secret"],
  ["28000", "RDS supports only IAM, MD5, or SCRAM authentication.", "Is this host really an RDS Proxy?"],
  ["28000", "A user name is missing from the connection startup packet.", "Set the option `user`"],
  [
    "28000",
    "Enable IAM authentication for the client connection to the proxy.",
    "is an IAM user of the proxy",
  ],
  [
    "28000",
    "Configure IAM authentication as the DefaultAuthScheme in your proxy.",
    "Set the proxy's DefaultAuthScheme",
  ],
  ["28000", "Rolle »app« hat keine Berechtigung zum Einloggen", "its LOGIN right and pg_hba.conf"],
  [
    "28P01",
    "The password that was provided for the role app is wrong.",
    "IAM authentication is not enabled on the proxy",
  ],
  ["28P01", "Passwort-Authentifizierung fehlgeschlagen", "expects a stored password, not a token"],
  [
    "0A000",
    "RDS Proxy supports only version 3.0 of the PostgreSQL messaging protocol.",
    "a protocol version",
  ],
  ["0A000", "RDS Proxy currently doesn't support streaming replication mode.", "does not relay replication"],
  [
    "0A000",
    "RDS Proxy currently doesn't support the option statement_timeout.",
    "refuses this startup parameter",
  ],
  ["0A000", "nicht unterstützt", "does not support what the connection asked for"],
  ["08004", "der Server weist die Verbindung ab", "rejects connections from this client"],
  ["08P01", "ungültiges Frontend-Paket", "do not speak the same protocol"],
  // The texts of node-postgres at the start of a message only: a statement's error can quote them.
  ...[
    "The server does not support SSL connections",
    "received invalid response",
    "There was an error establishing an SSL connection",
    "timeout exceeded when trying to connect",
    "Connection terminated",
  ].map((text): [undefined, string, string] => [undefined, `trigger: ${text}`, "not known to be transient"]),
];

it.each(REMEDIES)("what to check after %s, %s: %s", (code, message, remedy) => {
  expect(classifyConnectFailure({ code, message }, "postgres").remedy).toContain(remedy);
});
