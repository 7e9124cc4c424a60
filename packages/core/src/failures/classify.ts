import type { Engine } from "../endpoint/engine.js";
import type { ConnectFailureKind, FailureRow } from "./connect-failure.js";
import { errorChain, normaliseText, type ObservedError } from "./error-chain.js";
import { MYSQL_FAILURES } from "./mysql.js";
import { NODE_FAILURES } from "./node.js";
import { POSTGRES_FAILURES } from "./postgres.js";
import { SECRET_FAILURES } from "./secret.js";

/** The verdict on a failed connect. */
export interface ConnectFailure {
  readonly kind: ConnectFailureKind;
  readonly isLimited: boolean;
  readonly isTls: boolean;
  readonly remedy: string;
  /** The message of the error that decided, which may be inside a wrapper. */
  readonly message: string;
  /** Of a refused password: whether its secret has another one since, which is tried at once, or none. */
  readonly secret?: "changed" | "unchanged";
}

const ENGINE_FAILURES: Readonly<Record<Engine, readonly FailureRow[]>> = {
  postgres: POSTGRES_FAILURES,
  mysql: MYSQL_FAILURES,
};

const UNKNOWN: FailureRow = {
  kind: "permanent",
  remedy: "The error is not one that is known to pass by itself; see its cause.",
};

/**
 * Classifies the error of any driver or ORM by what the server or the network said, never by the class that
 * wraps it: through `original`, `parent`, `cause` and `AggregateError`, by code first, by text where a code is
 * shared or missing.
 *
 * @param method what logged in: a token, or the password of a secret
 */
export function classifyConnectFailure(
  error: unknown,
  engine: Engine,
  method: "token" | "secret" = "token",
): ConnectFailure {
  const rows = [
    ...(method === "secret" ? SECRET_FAILURES : []),
    ...ENGINE_FAILURES[engine],
    ...NODE_FAILURES,
  ];
  const chain = errorChain(error);
  for (const observed of chain) {
    const row =
      observed.codes.length > 0 ? rows.find((candidate) => matchesCode(candidate, observed)) : undefined;
    if (row) return verdict(row, observed.message || firstMessage(chain));
  }
  for (const observed of chain) {
    const row = rows.find(
      (candidate) => !candidate.codes && candidate.text?.test(normaliseText(observed.message)),
    );
    if (row) return verdict(row, observed.message);
  }
  return verdict(UNKNOWN, firstMessage(chain));
}

/** Node's AggregateError, for a name with several addresses, has a code but says nothing itself. */
function firstMessage(chain: readonly ObservedError[]): string {
  return chain.find(({ message }) => message !== "")?.message ?? "no message";
}

function matchesCode(row: FailureRow, observed: ObservedError): boolean {
  if (!row.codes?.some((code) => observed.codes.includes(code))) return false;
  return !row.text || row.text.test(normaliseText(observed.message));
}

function verdict(row: FailureRow, message: string): ConnectFailure {
  return {
    kind: row.kind,
    isLimited: row.isLimited ?? false,
    isTls: row.isTls ?? false,
    remedy: row.remedy,
    message,
  };
}
