import { describe, expect, it } from "vitest";
import type { ConnectFailureKind, FailureRow } from "./connect-failure.js";
import { MYSQL_FAILURES } from "./mysql.js";
import { POSTGRES_FAILURES } from "./postgres.js";
import { endsMysqlSession, endsPostgresSession } from "./session-ending-errors.js";

/** Kinds of failure that concern the connection, and not only the statement. */
const SESSION_ENDING_KINDS: readonly ConnectFailureKind[] = [
  "exhausted",
  "throttled",
  "borrow-timeout",
  "dropped",
  "starting",
  "read-only",
];

/** Codes that a server sends, by whether any row of the table has such a kind. */
function codesOf(rows: readonly FailureRow[], isServerCode: RegExp): Map<string, boolean> {
  const codes = new Map<string, boolean>();
  for (const { codes: ofRow = [], kind } of rows) {
    for (const code of ofRow.filter((each) => isServerCode.test(each))) {
      codes.set(code, (codes.get(code) ?? false) || SESSION_ENDING_KINDS.includes(kind));
    }
  }
  return codes;
}

describe("PostgreSQL", () => {
  const codes = codesOf(POSTGRES_FAILURES, /^[0-9A-Z]{5}$/);
  // After a cancelled statement the session is usable; the text that makes the code a failure comes at login only.
  codes.set("57014", false);

  it.each([...codes])("%s makes a connection unusable: %s, as in the table of failures", (code, expected) => {
    expect(endsPostgresSession({ code, message: "" })).toBe(expected);
  });

  it.each(["23505", "42P01", "40001", "40P01", "57014", "P0001", "22012", "22008", "42P08", "22P53"])(
    "%s concerns only the statement",
    (code) => {
      expect(endsPostgresSession({ code, message: "too many clients already" })).toBe(false);
    },
  );
});

describe("MySQL", () => {
  it.each([...codesOf(MYSQL_FAILURES, /^\d+$/)])(
    "%s makes a connection unusable: %s, as in the table of failures",
    (code, expected) => {
      expect(endsMysqlSession({ errno: Number(code), message: "" })).toBe(expected);
    },
  );

  it.each([1062, 1064, 1146, 1205, 1213, 3024, 11_040, 10_530])("%s concerns only the statement", (errno) => {
    expect(endsMysqlSession({ errno, message: "Too many connections" })).toBe(false);
  });
});

describe("a reader endpoint", () => {
  const READER = { targetRole: "read-only" } as const;
  const WRITER = { targetRole: "read-write" } as const;

  it("refuses writes on a connection that stays usable", () => {
    expect(endsPostgresSession({ code: "25006" }, READER)).toBe(false);
    expect(endsPostgresSession({ code: "25006" }, WRITER)).toBe(true);
    for (const errno of [1290, 1792, 1836]) {
      expect(endsMysqlSession({ errno }, READER)).toBe(false);
      expect(endsMysqlSession({ errno }, WRITER)).toBe(true);
    }
  });

  it("ends sessions as any other does", () => {
    expect(endsPostgresSession({ code: "57P01" }, READER)).toBe(true);
    expect(endsMysqlSession({ errno: 1053 }, READER)).toBe(true);
  });
});

it.each([undefined, null, "57P01", new Error("no code")])("%s does not end a session", (error) => {
  expect(endsPostgresSession(error)).toBe(false);
});
