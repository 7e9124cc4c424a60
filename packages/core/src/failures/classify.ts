import type { Engine } from "../endpoint/engine.js";
import { type ConnectFailureKind, type FailureRow, RETRY_OF_KIND, type Retry } from "./connect-failure.js";
import { errorChain, normaliseText, type ObservedError } from "./error-chain.js";
import { MYSQL_FAILURES } from "./mysql.js";
import { NODE_FAILURES } from "./node.js";
import { POSTGRES_FAILURES } from "./postgres.js";
import { SECRET_FAILURES } from "./secret.js";

/** The classification of a failed connect. */
export interface ConnectFailure {
  readonly kind: ConnectFailureKind;
  readonly retry: Retry;
  readonly isTls: boolean;
  readonly remedy: string;
  /** The codes of the error that matched. Empty if its text alone did, or nothing. */
  readonly codes: readonly string[];
  /** The message of the error that matched, which may be inside a wrapper. */
  readonly message: string;
  /** For a refused password: whether the secret has another one by now. A changed one is tried at once. */
  readonly secret?: "changed" | "unchanged";
}

const ENGINE_FAILURES: Readonly<Record<Engine, readonly FailureRow[]>> = {
  postgres: POSTGRES_FAILURES,
  mysql: MYSQL_FAILURES,
};

const UNKNOWN: FailureRow = {
  kind: "permanent",
  remedy: "The error is not known to be transient; see its cause.",
};

/**
 * Classifies the error of any driver or ORM by what the server or the network reported, whatever class wraps it. Looks
 * through `original`, `parent`, `cause` and `AggregateError`; by code first, by text where a code is shared or missing.
 */
export function classifyConnectFailure(
  error: unknown,
  engine: Engine,
  login: "token" | "secret" = "token",
): ConnectFailure {
  const rows = [...(login === "secret" ? SECRET_FAILURES : []), ...ENGINE_FAILURES[engine], ...NODE_FAILURES];
  const chain = errorChain(error);
  for (const observed of chain) {
    const row = rows.find((candidate) => matchesCode(candidate, observed));
    if (row) return failureOf(row, observed.message || firstMessage(chain), observed.codes);
  }
  for (const observed of chain) {
    const row = rows.find(
      (candidate) => !candidate.codes && candidate.text?.test(normaliseText(observed.message)),
    );
    if (row) return failureOf(row, observed.message);
  }
  return failureOf(UNKNOWN, firstMessage(chain));
}

/** Node's AggregateError for a name with several addresses has a code but an empty message. */
function firstMessage(chain: readonly ObservedError[]): string {
  return chain.find(({ message }) => message !== "")?.message ?? "no message";
}

function matchesCode(row: FailureRow, observed: ObservedError): boolean {
  if (!row.codes?.some((code) => observed.codes.includes(code))) return false;
  if (!row.text || row.text.test(normaliseText(observed.message))) return true;
  return row.routine !== undefined && row.routine === observed.routine;
}

/** The failure of a row. */
export function failureOf(row: FailureRow, message: string, codes: readonly string[] = []): ConnectFailure {
  return {
    kind: row.kind,
    retry: row.retry ?? RETRY_OF_KIND[row.kind],
    isTls: row.isTls ?? false,
    remedy: row.remedy,
    codes,
    message,
  };
}
