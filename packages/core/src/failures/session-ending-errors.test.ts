import { describe, expect, it } from "vitest";
import type { ConnectFailureKind, FailureRow } from "./connect-failure.js";
import { MYSQL_FAILURES } from "./mysql.js";
import { POSTGRES_FAILURES } from "./postgres.js";
import { endsMysqlSession, endsPostgresSession } from "./session-ending-errors.js";

/** Kinds of failure that are about more than the statement that met them. */
const POISONOUS_KINDS: readonly ConnectFailureKind[] = [
  "exhausted",
  "throttled",
  "borrow-timeout",
  "dropped",
  "starting",
  "read-only",
];

/** Codes that a server sends, by whether any row of the table calls them poisonous. */
function codesOf(rows: readonly FailureRow[], isServerCode: RegExp): Map<string, boolean> {
  const codes = new Map<string, boolean>();
  for (const { codes: ofRow = [], kind } of rows) {
    for (const code of ofRow.filter((each) => isServerCode.test(each))) {
      codes.set(code, (codes.get(code) ?? false) || POISONOUS_KINDS.includes(kind));
    }
  }
  return codes;
}

describe("PostgreSQL", () => {
  const codes = codesOf(POSTGRES_FAILURES, /^[0-9A-Z]{5}$/);
  // A statement that was cancelled leaves a sound session; the text that makes it a failure comes at login only.
  codes.set("57014", false);

  it.each([...codes])(
    "%s in a session is poisonous: %s, as the table of failures has it",
    (code, expected) => {
      expect(endsPostgresSession({ code, message: "" })).toBe(expected);
    },
  );

  it.each(["23505", "42P01", "40001", "40P01", "57014", "P0001", "22012"])(
    "%s is about the statement alone",
    (code) => {
      expect(endsPostgresSession({ code, message: "too many clients already" })).toBe(false);
    },
  );
});

describe("MySQL", () => {
  it.each([...codesOf(MYSQL_FAILURES, /^\d+$/)])(
    "%s in a session is poisonous: %s, as the table of failures has it",
    (code, expected) => {
      expect(endsMysqlSession({ errno: Number(code), message: "" })).toBe(expected);
    },
  );

  it.each([1062, 1064, 1146, 1205, 1213, 3024])("%s is about the statement alone", (errno) => {
    expect(endsMysqlSession({ errno, message: "Too many connections" })).toBe(false);
  });
});

it.each([undefined, null, "57P01", new Error("no code")])("%s tells nothing", (error) => {
  expect(endsPostgresSession(error)).toBe(false);
});
