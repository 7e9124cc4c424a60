import type { RefusedLogin } from "../faults/faults.js";
import { Refusal } from "../refusal.js";
import type { ServerError } from "./messages.js";

const unknownErrno = 1105;

// Texts and codes come from "Troubleshooting for RDS Proxy" in the Amazon RDS User Guide, unless a comment says
// otherwise.

export function tlsRequired(): Refusal {
  return new Refusal("HY000", "This RDS Proxy requires TLS connections.", 3159);
}

/** The User Guide lists it for a wrong secret; it is also the error of a failed IAM login, and of a real server. */
export function accessDenied(user: string): Refusal {
  return new Refusal("28000", `Access denied for user '${user}'@'%' (using password: YES)`, 1045);
}

/** Whether the server refuses the secret: ER_ACCESS_DENIED_ERROR, or its form without a password. */
export function isAccessDenied({ errno }: Refusal): boolean {
  return errno === 1045 || errno === 1698;
}

export function borrowTimedOut(): Refusal {
  return new Refusal("HY000", "Timed-out waiting to acquire database connection", 9501);
}

export function unknownError(): Refusal {
  return new Refusal("HY000", "Unknown error", unknownErrno);
}

/** Source: the Amazon Aurora User Guide, on reader endpoints. */
export function readOnly(): Refusal {
  return new Refusal(
    "HY000",
    "The MySQL server is running with the --read-only option so it cannot execute this statement",
    1290,
  );
}

// ER_CON_COUNT_ERROR and ER_TOO_MANY_USER_CONNECTIONS.
const full: ReadonlySet<number | undefined> = new Set([1040, 1203]);

/** Whether the server accepts no more connections, which the User Guide names as a cause of a borrow timeout. */
export function isFull({ errno }: Refusal): boolean {
  return full.has(errno);
}

// ER_SERVER_SHUTDOWN, ER_QUERY_INTERRUPTED, and MariaDB's ER_CONNECTION_KILLED.
const endings: ReadonlySet<number | undefined> = new Set([1053, 1317, 1927]);
const serverIsntAvailable = 3168;

/** Whether the server's error with this number ends a session because of a shutdown or a KILL. */
export function isEndNumber(errno: number | undefined): boolean {
  return endings.has(errno);
}

/** Whether the server's error is that of a restart or a KILL, after which another connection may succeed. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Refusal && (isEndNumber(error.errno) || error.errno === serverIsntAvailable);
}

/** Converts a refusal to the content of an error packet. */
export function toServerError({ errno = unknownErrno, sqlState, message }: Refusal): ServerError {
  return { errno, sqlState, text: message };
}

// Errors of MySQL itself, for a malformed login and for an old client. Source: share/messages_to_clients.txt.

export function badHandshake(): Refusal {
  return new Refusal("08S01", "Bad handshake", 1043);
}

export function authenticationTooOld(): Refusal {
  return new Refusal(
    "08004",
    "Client does not support authentication protocol requested by server; consider upgrading MySQL client",
    1251,
  );
}

/** The refusals by the names of {@link RefusedLogin}. */
export const refusedLogins: Readonly<Record<RefusedLogin, (user: string, limit?: number) => Refusal>> = {
  // The database's texts, from MySQL's source.
  exhausted: () => new Refusal("08004", "Too many connections", 1040),
  starting: () => new Refusal("HY000", "Server isn't available", 3168),
  throttled: () => new Refusal("HY000", "IAM authentication rate limit exceeded", 1040),
  // AWS does not publish its limits; the defaults are this package's.
  "rate-limited": (_user, limit = 200) =>
    new Refusal("HY000", `Connections rate limit exceeded (${limit})`, 1040),
  "too-many-clients": (_user, limit = 1000) =>
    new Refusal("HY000", `Number simultaneous connections exceeded (${limit})`, 1040),
  "borrow-timeout": borrowTimedOut,
  refused: accessDenied,
  "no-credentials": accessDenied,
  unknown: unknownError,
};
