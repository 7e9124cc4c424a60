import type { RefusedLogin } from "../faults/faults.js";
import { Refusal } from "../refusal.js";

// Texts and codes come from "Troubleshooting for RDS Proxy" in the Amazon RDS User Guide, unless a comment says
// otherwise.

export function tlsRequired(): Refusal {
  return new Refusal("28000", "This RDS Proxy requires TLS connections.");
}

export function iamNeedsTls(): Refusal {
  return new Refusal("28000", "IAM authentication is allowed only with SSL connections.");
}

export function userMissing(): Refusal {
  return new Refusal(
    "28000",
    "A user name is missing from the connection startup packet. Provide a user name for this connection.",
  );
}

export function noCredentials(role: string): Refusal {
  return new Refusal(
    "28000",
    `This RDS proxy has no credentials for the role ${role}. Check the credentials for this role and try again.`,
  );
}

function iamFailed(role: string): Refusal {
  return new Refusal(
    "28P01",
    `The IAM authentication failed for the role ${role}. Check the IAM token for this role and try again.`,
  );
}

export function passwordWrong(role: string): Refusal {
  return new Refusal("28P01", `The password that was provided for the role ${role} is wrong.`);
}

/** The client sent a password, and the proxy's DefaultAuthScheme is IAM_AUTH. */
export function iamExpected(): Refusal {
  return new Refusal(
    "28000",
    "Enable IAM authentication for the client connection to the proxy and try again.",
  );
}

/** The client sent a token, and the proxy expects passwords. */
export function iamNotConfigured(): Refusal {
  return new Refusal(
    "28000",
    "Configure IAM authentication as the DefaultAuthScheme in your proxy and try again.",
  );
}

export function protocolUnsupported(): Refusal {
  return notSupported("RDS Proxy supports only version 3.0 of the PostgreSQL messaging protocol.");
}

export function replicationUnsupported(): Refusal {
  return notSupported("RDS Proxy currently doesn't support streaming replication mode.");
}

export function optionUnsupported(name: string): Refusal {
  return notSupported(`RDS Proxy currently doesn't support the option ${name}.`);
}

// Source: public logs; the User Guide does not have it.
export function commandLineOptionsUnsupported(): Refusal {
  return notSupported("RDS Proxy currently doesn't support command-line options.");
}

export function borrowTimedOut(): Refusal {
  return new Refusal("08000", "Timed-out waiting to acquire database connection.");
}

function unknownError(): Refusal {
  return new Refusal("XX000", "Unknown error.");
}

/** The proxy's own login at the database failed, with this text: whatever its code is, the User Guide has only this one. */
export function databaseError(text: string): Refusal {
  return new Refusal("XX000", `Request returned an error: ${text}`);
}

/** PostgreSQL's error for bytes that break the protocol. */
export function protocolViolation(text: string): Refusal {
  return new Refusal("08P01", text);
}

/** The refusals by the names of {@link RefusedLogin}. */
export const refusedLogins: Readonly<Record<RefusedLogin, (role: string, limit?: number) => Refusal>> = {
  // The database's texts, from PostgreSQL's source (postmaster and proc).
  exhausted: () =>
    new Refusal("53300", "remaining connection slots are reserved for roles with the SUPERUSER attribute"),
  starting: () => new Refusal("57P03", "the database system is starting up"),
  throttled: () =>
    new Refusal("53300", "The IAM authentication failed because of too many competing requests."),
  // AWS does not publish its limits; the defaults are this package's.
  "rate-limited": (_role, limit = 200) =>
    new Refusal("53300", `Rate of connection to proxy exceeded ${limit}.`),
  "too-many-clients": (_role, limit = 1000) =>
    new Refusal("53300", `The maximum number of client connections to the proxy exceeded ${limit}.`),
  "borrow-timeout": borrowTimedOut,
  refused: iamFailed,
  "no-credentials": noCredentials,
  unknown: unknownError,
};

// admin_shutdown, crash_shutdown, and cannot_connect_now while the server starts, stops or recovers.
const restarting: ReadonlySet<string> = new Set(["57P01", "57P02", "57P03"]);

/** Whether the server's error is that of a restart, which the User Guide calls an unavailable database. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Refusal && restarting.has(error.sqlState);
}

function notSupported(text: string): Refusal {
  return new Refusal("0A000", `Feature not supported: ${text}`);
}
