import { type Connection, format, raw } from "mysql2";
import { describe, expect, it } from "vitest";
import { formatSafely } from "./safe-format.js";
import type { BackslashReading } from "./text-literal.js";

interface Options {
  readonly reading?: BackslashReading;
  readonly stringifyObjects?: boolean;
  readonly clientFlags?: number;
  readonly queryFormat?: () => string;
}

/** As much of a connection as the format step needs; the formatting is mysql2's. */
function write(sql: string, values: unknown, options: Options = {}): unknown {
  const { reading = "escape", stringifyObjects = false, queryFormat, clientFlags = 0 } = options;
  const connection = {
    config: { clientFlags, queryFormat },
    format: (text: string, given: Parameters<typeof format>[1]) =>
      queryFormat?.() ?? format(text, given, stringifyObjects, "local"),
  };
  const asConnection: Connection = Object(connection);
  formatSafely(asConnection, () => reading);
  return Reflect.apply(connection.format, connection, [sql, values]);
}

describe("the values of a query", () => {
  it.each([
    ["select ?, ?, ?, ?", ["plain é", 1, null, Buffer.from("'")]],
    [
      "insert into t values ?",
      [
        [
          [1, "a"],
          [2, "b"],
        ],
      ],
    ],
    ["update t set ?", [{ a: "b" }]],
    ["select ?? from ??", ["a`b", "t"]],
    ["select 'it\\'s', ?", ["plain"]],
  ])("are written by mysql2 if they need no escape: %s", (sql, values) => {
    expect(write(sql, values)).toBe(format(sql, values));
  });

  it.each([
    ["select ?", ["it's"], "select 'it''s'"],
    ["select ?", ['"\n\\'], "select '\"\n\\\\'"],
    ["select ?", ["中\\'"], "select '中' '\\\\'''"],
    [
      "insert into t values ?",
      [
        [
          ["it's", 1],
          ["b", 2],
        ],
      ],
      "insert into t values ('it''s', 1), ('b', 2)",
    ],
    ["update t set ?", [{ "a`": "it's", b: 1 }], "update t set `a``` = 'it''s', `b` = 1"],
    ["select 'it\\'s', ?", ["it's"], "select 'it\\'s', 'it''s'"],
    ["select ?? = ?", ["a\\b", "it's"], "select `a\\b` = 'it''s'"],
    ["select ?, ?", [raw("now()"), "it's"], "select now(), 'it''s'"],
    ["select ?", [new Set(["it's", 1])], "select 'it''s', 1"],
    [
      "update t set ?",
      [
        new Map<string, unknown>([
          ["a", "it's"],
          ["b", 1],
        ]),
      ],
      "update t set `a` = 'it''s', `b` = 1",
    ],
  ])("are written with doubled quotes and backslashes: %s", (sql, values, expected) => {
    expect(write(sql, values)).toBe(expected);
  });

  it.each(["character", "unknown"] as const)("have no backslash where its reading is: %s", (reading) => {
    expect(write("select ?, ?", ["it's", "\\"], { reading })).toBe(
      "select 'it''s', replace('<0>','<0>',mid(quote(''''),2,1))",
    );
  });

  it("are written without backslashes after a statement that may change the SQL mode", () => {
    const sql = "set sql_mode = 'NO_BACKSLASH_ESCAPES'; select ?";
    expect(write(sql, ["\\"], { clientFlags: 1 << 16 })).toBe(
      sql.replace("?", "replace('<0>','<0>',mid(quote(''''),2,1))"),
    );
    expect(write(sql, ["\\"])).toBe(sql.replace("?", "'\\\\'"));
  });

  it.each([
    ["select ?? from ??", ["名", "t"], "select 名 from `t`"],
    ["select ??", ["t.名"], "select `t`.名"],
    ["select ??", [["é.b", "年2024年", "a"]], "select é.`b`, 年2024年, `a`"],
    ["select ?? = ?", ["é", "é\\"], "select é = 'é' '\\\\'"],
    ["update t set ?", [{ é: "é", b: 1 }], "update t set é = 'é', `b` = 1"],
    ["select ??", ["姓 名"], "select `姓 名`"],
    ["select ??", ["2024年"], "select `2024年`"],
    ["select `名`, ?, ??", ["é`", "é1"], "select `名`, 'é`', `é1`"],
  ])(
    "do not quote a name that gbk could read together with its closing quote: %s",
    (sql, values, expected) => {
      expect(write(sql, values)).toBe(expected);
    },
  );

  it("are refused as a name whose backtick could end it in gbk", () => {
    const name = "\u00a5` from t -- ";
    const refusal = /A name with a backtick/;
    expect(() => write("select ??", [name])).toThrow(refusal);
    expect(() => write("select ??", [["a", name]])).toThrow(refusal);
    expect(() => write("update t set ?", [{ [name]: 1 }])).toThrow(refusal);
    expect(write("select ?", [name])).toBe(format("select ?", [name]));
  });

  it("are written by the user's own queryFormat", () => {
    expect(write("select ?", ["'"], { queryFormat: () => "select '\\''" })).toBe("select '\\''");
  });

  it("may be objects with a text of their own where the session reads it as mysql2 writes it", () => {
    class Name {
      toString(): string {
        return "O'Brien";
      }
    }
    const options = { stringifyObjects: true };
    expect(write("select ?", [new Name()], options)).toBe("select 'O\\'Brien'");
    expect(() => write("select ?", [new Name()], { ...options, reading: "character" })).toThrow(
      /Pass its text as a string/,
    );
  });
});
