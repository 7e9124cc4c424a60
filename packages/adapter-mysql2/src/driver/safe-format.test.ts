import { PassThrough } from "node:stream";
import { type ConnectionOptions, createConnection, format, raw } from "mysql2";
import { describe, expect, it, vi } from "vitest";
import { formatSafely } from "./safe-format.js";
import type { BackslashReading } from "./text-literal.js";

interface Options extends ConnectionOptions {
  readonly reading?: BackslashReading;
}

/** Formats as a connection of mysql2 does, which is not connected. */
function write(sql: string, values: unknown, { reading = "escape", ...options }: Options = {}): unknown {
  const connection = createConnection({ stream: new PassThrough(), connectTimeout: 0, ...options });
  formatSafely(connection, () => reading);
  return Reflect.apply(connection.format, connection, [sql, values]);
}

function textAsUtf8(this: { readonly text: string }): string {
  return `_utf8mb4'${this.text}'`;
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
    ["select ?, ?, ?", [raw("now()"), "it's", null], "select now(), 'it''s', NULL"],
    ["select ?, ?", [{ text: "名", toSqlString: textAsUtf8 }, "it's"], "select _utf8mb4'名', 'it''s'"],
    ["update t set ?", [Object.assign(Object.create(null), { a: "it's" })], "update t set `a` = 'it''s'"],
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
    expect(write(sql, ["\\"], { multipleStatements: true })).toBe(
      sql.replace("?", "replace('<0>','<0>',mid(quote(''''),2,1))"),
    );
    expect(write(sql, ["\\"])).toBe(sql.replace("?", "'\\\\'"));
    expect(write("select ?", ["\\"], { multipleStatements: true })).toBe("select '\\\\'");
  });

  it.each([
    ["select ?? from ??", ["名", "t"], "select 名 from `t`"],
    ["select ??", ["t.名"], "select `t`.名"],
    ["select ??", [["é.b", "年2024年", "a"]], "select é.`b`, 年2024年, `a`"],
    ["select ?? = ?", ["é", "é\\"], "select é = 'é' '\\\\'"],
    ["update t set ?", [{ é: "é", b: 1 }], "update t set é = 'é', `b` = 1"],
    ["select ??", ["姓 名"], "select `姓 名`"],
    ["select ??", ["a`b 名"], "select `a``b 名`"],
    ["select ??", ["2024年"], "select `2024年`"],
    ["select `名`, ?, ??", ["é`", "é1"], "select `名`, 'é`', `é1`"],
  ])(
    "do not quote a name that gbk could read together with its closing quote: %s",
    (sql, values, expected) => {
      expect(write(sql, values)).toBe(expected);
    },
  );

  it("are written once if they need no escape", () => {
    const toSqlString = vi.fn(() => "now()");
    expect(write("select ?, ?", [{ toSqlString }, "a"])).toBe("select now(), 'a'");
    expect(toSqlString).toHaveBeenCalledOnce();
  });

  it("are written by their names, of which those that the statement does not use may be any", () => {
    const values = { "\u00a5`": 1, a: "it's" };
    expect(write("select :a", values, { namedPlaceholders: true })).toBe("select 'it''s'");
    const connection = createConnection({ stream: new PassThrough(), connectTimeout: 0 });
    formatSafely(connection, () => "escape");
    const named = (isNamed: boolean) =>
      Reflect.apply(connection.format, connection, ["update t set a = :a, ?", values, isNamed]);
    expect(named(true)).toBe("update t set a = 'it''s', NULL");
    connection.config.namedPlaceholders = true;
    expect(() => named(false)).toThrow(/A name with a backtick/);
  });

  it("are refused as a name whose backtick could end it in gbk", () => {
    const name = "\u00a5` from t -- ";
    const refusal = expect.objectContaining({
      code: "RDS_PROXY_UNSUPPORTED",
      message: "A name with a backtick after a non-ASCII character cannot be quoted safely.",
    });
    expect(() => write("select ??", [name])).toThrow(refusal);
    expect(() => write("select ??", [["a", name]])).toThrow(refusal);
    expect(() => write("update t set ?", [{ [name]: 1 }])).toThrow(refusal);
    expect(write("select ?", [name])).toBe(format("select ?", [name]));
  });

  it("are written by the user's own queryFormat", () => {
    for (const written of ["select '\\''", "select '中\\''", 42]) {
      const queryFormat = (): string => Object(written).valueOf();
      expect(write("select ?", ["'"], { queryFormat, reading: "character" })).toBe(written);
    }
  });

  it("may be objects with a text of their own where the session reads it as mysql2 writes it", () => {
    class Name {
      toString(): string {
        return "O'Brien";
      }
    }
    const options = { stringifyObjects: true };
    expect(write("select ?", [new Name()], options)).toBe("select 'O\\'Brien'");
    const refusal = expect.objectContaining({
      code: "RDS_PROXY_UNSUPPORTED",
      message:
        "An object whose text has a backslash or quote cannot be written safely in this session. Pass its text as a string.",
    });
    expect(() => write("select ?", [new Name()], { ...options, reading: "character" })).toThrow(refusal);
    const sql = "set sql_mode = ''; select ?";
    expect(() => write(sql, [new Name()], { ...options, multipleStatements: true })).toThrow(refusal);
    Object.assign(Name.prototype, { toString: () => "中\\" });
    expect(() => write("select ?", [new Name()], options)).toThrow(refusal);
  });
});
