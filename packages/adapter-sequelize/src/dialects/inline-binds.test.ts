import type { BackslashReading } from "@rds-proxy/adapter-mysql2/driver";
import { describe, expect, it } from "vitest";
import { type ColumnTypes, inlineBinds } from "./inline-binds.js";

const TYPES: Readonly<Record<string, string>> = {
  a: "VARCHAR(255)",
  b: "INTEGER",
  day: "DATETIME",
  at: "TIME",
  year: "YEAR",
  bits: "BIT(1)",
  choice: "ENUM('x', 'y')",
  place: "GEOMETRY",
  "a`b": "INTEGER",
};

const typeOf: ColumnTypes = ({ table, column }) => (table === "t" ? TYPES[column] : undefined);

const inline = (sql: string, values: readonly unknown[], backslash: BackslashReading = "escape") =>
  inlineBinds(sql, values, backslash, typeOf);

describe("values in the text of a statement", () => {
  it.each([
    ["INSERT INTO `t` (`a`,`b`) VALUES (?,DEFAULT);", "INSERT INTO `t` (`a`,`b`) VALUES ('v',DEFAULT);"],
    ["insert into t values (?), (now())", "insert into t values ('v'), (now())"],
    ["replace into t (a) values (?)", "replace into t (a) values ('v')"],
    ["insert into t (a) value (?)", "insert into t (a) value ('v')"],
    ["insert into t set a = ?, b = 1", "insert into t set a = 'v', b = 1"],
    [
      "insert into t set a = ? on duplicate key update b = 1",
      "insert into t set a = 'v' on duplicate key update b = 1",
    ],
    [
      "insert into t (a) values (1) on duplicate key update a = ?",
      "insert into t (a) values (1) on duplicate key update a = 'v'",
    ],
    [
      "insert into t (a, b) values (1, 2) on duplicate key update b = values(b), a = ?",
      "insert into t (a, b) values (1, 2) on duplicate key update b = values(b), a = 'v'",
    ],
    ...["ST_GeomFromText", "ST_GeometryFromText", "GeomFromText"].map((name) => [
      `insert into t (g) values (${name}(?))`,
      `insert into t (g) values (${name}('v'))`,
    ]),
    [
      "insert into t (g) values (ST_GeomFromText(?, 4326))",
      "insert into t (g) values (ST_GeomFromText('v', 4326))",
    ],
    ["UPDATE `t` SET `a`=? WHERE `id` = 1", "UPDATE `t` SET `a`='v' WHERE `id` = 1"],
    ["update t set t.a = ? order by b", "update t set t.a = 'v' order by b"],
    ["update t set a = ? limit 1", "update t set a = 'v' limit 1"],
    ["update t set t.set = 1, t.order = ?", "update t set t.set = 1, t.order = 'v'"],
    [
      "update t set b = 1 where b and (a like ?) and (b or a = 'x')",
      "update t set b = 1 where b and (a like 'v') and (b or a = 'x')",
    ],
    [
      "update t set b = 1 where lower(a) in ('x') is null and a = ?",
      "update t set b = 1 where lower(a) in ('x') is null and a = 'v'",
    ],
    [
      "update t set a = 1 where (b = 2 and (t.a like ?))",
      "update t set a = 1 where (b = 2 and (t.a like 'v'))",
    ],
    ["delete from t where a not in (?) or b is null", "delete from t where a not in ('v') or b is null"],
    ["delete from t where a <> ? order by a limit 3", "delete from t where a <> 'v' order by a limit 3"],
    ["delete from t where a <> ? limit 3", "delete from t where a <> 'v' limit 3"],
    ["delete from t where b = 1 or a = ? and b = 2", "delete from t where b = 1 or a = 'v' and b = 2"],
    ...["=", "<=>", "<>", "!=", "<", ">", "<=", ">=", "like", "not like"].map((operator) => [
      `delete from t where a ${operator} ?`,
      `delete from t where a ${operator} 'v'`,
    ]),
    ...["low_priority", "high_priority", "delayed", "ignore", "low_priority ignore"].flatMap((modifiers) => [
      [`insert ${modifiers} into t (a) values (?)`, `insert ${modifiers} into t (a) values ('v')`],
      [`insert ${modifiers} t (a) values (?)`, `insert ${modifiers} t (a) values ('v')`],
    ]),
    ["update low_priority ignore t set a = ?", "update low_priority ignore t set a = 'v'"],
    [
      "delete low_priority quick ignore from t where a = ?",
      "delete low_priority quick ignore from t where a = 'v'",
    ],
    ["update\tt\u000bset\fa\r=\n?", "update\tt\u000bset\fa\r=\n'v'"],
    ["update t set b = b / 2, a = ? --", "update t set b = b / 2, a = 'v' --"],
    ["update t set b = b --1, a = ?", "update t set b = b --1, a = 'v'"],
    ["update t set b = b- 1, a = ?", "update t set b = b- 1, a = 'v'"],
    ["update t set b = -1 , a = ?", "update t set b = -1 , a = 'v'"],
    ["update t set b=b*2, a = ?", "update t set b=b*2, a = 'v'"],
    ["update t set b = !1, b$ = ~1, azAZ_09$ = ?", "update t set b = !1, b$ = ~1, azAZ_09$ = 'v'"],
    ["update t set a = ? /* ! */", "update t set a = 'v' /* ! */"],
    ["update t set a = ? /*/ x */", "update t set a = 'v' /*/ x */"],
    ["update t set a = ? /* x */ # y", "update t set a = 'v' /* x */ # y"],
    ["update t set a = ? /**/", "update t set a = 'v' /**/"],
  ])("replace placeholders that are stored in a column or compared with one: %s", (sql, expected) => {
    expect(inline(sql, ["v"])).toBe(expected);
  });

  it.each([
    ["single quotes", "update t set b = 'what?', a = ?"],
    ["doubled quotes", "update t set b = 'it''s ?', a = ?"],
    ["a quote after a backslash", "update t set b = 'it\\'s ?', a = ?"],
    ["a backslash at the end", "update t set b = '\\\\', c = '?', a = ?"],
    ["double quotes", 'update t set b = "it\'s ?", a = ?'],
    ["names", "update t set `b?``'` = 1, a = ?"],
    ["a text after a name with a backslash at the end", "update t set `b\\` = '?', a = ?"],
    ["a text with a NUL before a comment", "update t /* ? */ set b = '?\0', # ?\n a = ?"],
    ["comments", "update t set /* ? ' */ b = 1, -- ? '\n # ? '\n a = ?"],
  ])("do not replace question marks in %s", (_, sql) => {
    expect(inline(sql, ["v"])).toBe(sql.replace(/\?$/, "'v'"));
  });

  it.each([
    ["in returned rows", "select ? as a"],
    ["in rows that a change returns", "insert into t (a) values (?) returning a"],
    ["in rows that an INSERT selects", "insert into t (a) select value, (?) from s"],
    ["in an explanation", "explain update t set a = ?"],
    ["in a union", "insert into t (a) values row(1) union values row(?)"],
    ["in a difference", "insert into t (a) values row(1) except values row(?)"],
    ["in a difference, as Oracle writes it", "insert into t (a) values (1) minus values (?)"],
    ["in an intersection", "insert into t (a) values row(1) intersect values row(?)"],
    ["before a union", "insert into t (a) values row(?) union select 1"],
    ["before a difference", "insert into t (a) values row(?) except values row(1)"],
    ["in rows with an order", "insert into t (a) values row(?), row(2) order by 1 limit 1"],
    ["in arithmetic", "update t set i = i * ?"],
    ["in arithmetic of a condition", "update t set i = 1 where i + 1 = ?"],
    ["in arithmetic with a column in a condition", "update t set i = 1 where i + a = ?"],
    ["in arithmetic with a qualified column in a condition", "update t set i = 1 where i + t.a = ?"],
    ["in a comparison that is assigned", "update t set i = a = ?"],
    ["in another comparison that is assigned", "update t set i = a > ?"],
    ["in an assignment with another sign", "update t set i := ?"],
    ["in an assignment in parentheses", "update t set i = (set a = ?, b = 1)"],
    ["before arithmetic", "update t set i = ? + 1"],
    ["before arithmetic in a tuple", "insert into t (i) values (? + 1)"],
    ["before arithmetic in a condition", "delete from t where i = ? + 1"],
    ["in an order", "delete from t where b = 1 order by b = 1 and a = ?"],
    ["in the order of changes", "update t set b = 1 order by b, a = ?"],
    ["after a sign", "insert into t (i) values (-?)"],
    ["after two signs", "update t set i = 1--?"],
    ["before another text", "update t set a = ? 'label'"],
    ["before a collation", "delete from t where a = ? collate utf8mb4_bin"],
    ["in a function", "update t set a = concat(a, ?)"],
    ["compared with a function", "delete from t where lower(a) = ?"],
    ["compared in a function", "delete from t where abs(a = ?)"],
    ["compared with a number", "delete from t where 9 = ?"],
    ["compared with a number of several digits", "delete from t where 10 = ?"],
    ["compared with a constant", "delete from t where null = ?"],
    ["compared with the present day", "delete from t where utc_date = ?"],
    ["compared with the present time", "delete from t where sysdate = ?"],
    ["as the only end of a range", "delete from t where a between 1 and ?"],
    ["as the only beginning of a range", "delete from t where a between ? and 3"],
    ["as the only beginning of a range that does not end", "delete from t where a between ?"],
    ["in front of the comparison", "delete from t where ? = a"],
    ["in a limit", "delete from t limit ?"],
    ["in a list with others", "delete from t where a in (?, 1 + 1)"],
    ["at the end of a list with others", "delete from t where a in (1, ?)"],
    ["in a list that does not end", "delete from t where a in (?,"],
    ["in a list within a longer condition", "delete from t where a in (?) is null"],
    ["compared with a column of a table in a database", "delete from d.t where a = ?"],
    ["compared with a column of a table in double quotes", 'delete from "t" where a = ?'],
    ["compared with a column of one of several tables", "update t, s set a = 1 where a = ?"],
    ["compared with another table's column", "update t set a = 1 where s.a = ?"],
    ["compared in a subquery", "delete from t where b in (select a from s where a = ?)"],
    ["compared for an INSERT", "insert into t (a) select a from t where a = ?"],
    ["beside a user variable", "update t set a = ?, b = @b"],
    ["in one of several statements", "update t set a = 1; update t set a = ?"],
    ["with an executable comment", "update t set a = ? /*! , b = 1 */"],
    ["with MariaDB's executable comment", "update t set a = ? /*M! , b = 1 */"],
    ["with an optimizer hint", "update /*+ NO_MERGE(t) */ t set a = ?"],
    ["with a dollar-quoted text", "update t set b = $x$ 1 $x$, a = ?"],
    ["with a constant that begins with a backslash", "update t set b = \\N, a = ?"],
    ["with a control character", "update t set b = \u0001 1, a = ?"],
    ["with a backslash in double quotes", 'update t set b = "\\"?", a = ?'],
    ["in a text that does not end", "update t set a = ?, b = 'x"],
    ["in a comment that does not end", "update t set a = ? /* x"],
    ["with a NUL in a comment", "update t set a = ? # \0 ?"],
    ["after hyphens and a control character", "update t set a = ? --\u0001"],
    ["after hyphens and a control character beyond the letters", "update t set a = ? --\u007f"],
    ["with letters outside of ASCII", "update t set b = ä, a = ?"],
    ["after a parenthesis too many", "update t set b = 1), a = ?"],
    ["without a statement", ""],
  ])("stay bound %s", (_, sql) => {
    expect(inlineBinds(sql, [1], "escape", () => "INTEGER")).toBeUndefined();
  });

  it.each([
    ["in arithmetic within a range", "delete from t where b between ? * ? and 3"],
    ["in arithmetic at the end of a range", "delete from t where b between ? and ? + 1"],
    ["in arithmetic of a list", "delete from t where b in (? + ?)"],
    ["a whole condition", "delete from t where b = ? and ?"],
    ["the range of an expression", "delete from t where b > 1 and b + 1 between ? and ?"],
  ])("stay bound if one of two is %s", (_, sql) => {
    expect(inlineBinds(sql, [1, 1], "escape", () => "INTEGER")).toBeUndefined();
  });

  it.each([
    ["compared with a column of another table", "delete from other where a = ?"],
    ["compared with a column that no model has", "delete from t where other = ?"],
    ["a pattern for a column that no model has", "delete from t where other like ?"],
    ["a pattern for a number", "delete from t where b like ?"],
    ["a pattern with an escape of its own", "delete from t where a like ? escape '!'"],
    ["another argument of a geometry's text", "insert into t (g) values (ST_GeomFromText('POINT(0 0)', ?))"],
    ["an expression of a geometry's text", "insert into t (g) values (ST_GeomFromText(? || 'POINT(0 0)'))"],
    ["another function's text", "insert into t (g) values (ST_GeomFromGeoJSON(?))"],
  ])("stay bound if they are %s", (_, sql) => {
    expect(inline(sql, ["1"])).toBeUndefined();
  });

  it.each([1, null])("stay bound if a geometry's text is %j", (value) => {
    expect(inline("insert into t (g) values (ST_GeomFromText(?))", [value])).toBeUndefined();
  });

  it.each([
    ["a list", "delete from t where b in (?, ?, ?)", "delete from t where b in (1e0, 2e0, 3e0)"],
    [
      "a range",
      "delete from t where b between ? and ? or t.b = ?",
      "delete from t where b between 1e0 and 2e0 or t.b = 3e0",
    ],
    [
      "a range at the end",
      "delete from t where b = ? or b between ? and ?",
      "delete from t where b = 1e0 or b between 2e0 and 3e0",
    ],
    [
      "the opposite of a range",
      "delete from t where (b not between ? and ?) and b not in (?)",
      "delete from t where (b not between 1e0 and 2e0) and b not in (3e0)",
    ],
    [
      "several tuples",
      "insert into t (a, b) values (?, 1), (now(), ?), (?, 2)",
      "insert into t (a, b) values (1e0, 1), (now(), 2e0), (3e0, 2)",
    ],
  ])("are replaced in order in %s", (_, sql, expected) => {
    expect(inline(sql, [1, 2, 3])).toBe(expected);
  });

  it("stay bound if a pattern for a text is a number", () => {
    expect(inline("delete from t where a like ?", [1])).toBeUndefined();
  });

  it("are replaced beside values of other types", () => {
    const sql = "delete from t where a = ? and b = ?";
    expect(inline(sql, ["x", 1])).toBe("delete from t where a = 'x' and b = 1e0");
  });

  it.each(["insert into t (a) values (1)", "insert into t (a,", "delete from"])(
    "leave a statement without placeholders unchanged, even if it is not complete: %s",
    (sql) => {
      expect(inline(sql, [])).toBe(sql);
    },
  );

  it("stay bound if the statement's own backslashes have two readings", () => {
    const sql = "update t set a = ?, b = '\\'";
    expect(inline(sql, [1], "unknown")).toBeUndefined();
    expect(inline(sql, [1], "character")).toBeUndefined();
    const withPair = "update t set a = ?, b = '\\\\'";
    expect(inline(withPair, [1])).toBe("update t set a = 1e0, b = '\\\\'");
    expect(inline(withPair, [1], "unknown")).toBeUndefined();
    expect(inline(withPair, [1], "character")).toBeUndefined();
  });

  it.each(["update t set a = ?", "insert into t (g) values (ST_GeomFromText(?))"])(
    "are written as the session reads a backslash: %s",
    (sql) => {
      expect(inline(sql, ["\\"], "escape")).toBe(sql.replace("?", "'\\\\'"));
      const byServer = "replace('<0>','<0>',mid(quote(''''),2,1))";
      expect(inline(sql, ["\\"], "unknown")).toBe(sql.replace("?", byServer));
    },
  );

  it.each([
    ["null", null, "NULL"],
    ["a whole number, which is bound as DOUBLE", 7, "7e0"],
    ["a negative number", -2.5, "-2.5e0"],
    ["a large number", 1e21, "1e+21"],
    ["a small number", 5e-324, "5e-324"],
    ["true", true, "1"],
    ["false", false, "0"],
    ["a bigint, which is bound as text", 2n ** 64n, "'18446744073709551616'"],
    ["bytes", Buffer.from([0, 39, 92, 255]), "_binary x'00275cff'"],
    ["text", "it's", "'it''s'"],
  ])("have the type of a bound value: %s", (_, value, expected) => {
    expect(inline("insert into t (a) values (?)", [value])).toBe(`insert into t (a) values (${expected})`);
  });

  it.each([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-0", -0],
    ["a Date", new Date(0)],
    ["an invalid Date", new Date(Number.NaN)],
    ["a Uint8Array", new Uint8Array([65, 66])],
    ["an object", { a: 1 }],
    ["an array", [1]],
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
  ])("stay bound if mysql2 binds them with another type, or refuses them: %s", (_, value) => {
    expect(inline("insert into t (a) values (?)", [value])).toBeUndefined();
  });

  it.each([
    ["bytes", [Buffer.from("a")], "delete from t where a = ?"],
    ["a bigint", [1n], "delete from t where a = ?"],
    ["values of several types", [1, "a"], "delete from t where a in (?, ?)"],
    ["a range of several types", ["", 1], "delete from t where a between ? and ?"],
    ["too few values", [1], "insert into t (a) values (?, ?)"],
    ["too many values", [1, 2], "insert into t (a) values (?)"],
  ])("stay bound with %s", (_, values, sql) => {
    expect(inline(sql, values)).toBeUndefined();
  });

  it.each<[column: string, value: unknown, expected: string | undefined]>([
    ["a", "x", "'x'"],
    ["a", 1, "1e0"],
    ["A", "x", undefined],
    ["t.a", "x", "'x'"],
    ["`t`.`a`", "x", "'x'"],
    ["`a``b`", 7, "7e0"],
    ["b", 7, "7e0"],
    ["b", "7", "'7'"],
    ["b", "9007199254740993", "'9007199254740993'"],
    ["b", true, "1"],
    ["b", null, "NULL"],
    ["b", "7x", undefined],
    ["b", "", undefined],
    ["day", "2026-02-03 04:05:06", "'2026-02-03 04:05:06'"],
    ["day", "2024-02-29", "'2024-02-29'"],
    ["day", "2026-02-29", undefined],
    ["day", "2026-02-03T04:05:06Z", undefined],
    ["day", "", undefined],
    ["day", 20260203, undefined],
    ["at", "01:02:03.5", "'01:02:03.5'"],
    ["at", "1:2", undefined],
    ["at", 60, undefined],
    ["year", 2026, "2026e0"],
    ["year", "1999", "'1999'"],
    ["year", 50, undefined],
    ["year", "50", undefined],
    ["year", true, undefined],
    ["bits", true, "1"],
    ["bits", "1", undefined],
    ["choice", "x", "'x'"],
    ["place", "x", undefined],
  ])("are compared as literals if the result is that of a parameter: %s = %j", (column, value, expected) => {
    const text = inline(`delete from t where ${column} = ?`, [value]);
    expect(text).toBe(expected && `delete from t where ${column} = ${expected}`);
  });

  it.each<[column: string, value: unknown, isInText: boolean]>([
    ["a", "-1", true],
    ["b", -1n, true],
    ["bits", "-1", false],
    ["bits", -1n, false],
    ["bits", "1e30", false],
    ["bits", "1", true],
    ["other", "-1.5", false],
    ["other", "-x", true],
    ["other", "15", true],
  ])("are stored as literals if a BIT column stores the same bits: %s, %s", (column, value, isInText) => {
    for (const sql of [
      `insert into t (${column}) values (?)`,
      `insert high_priority t (${column}) values (?)`,
      `insert delayed into t (b, at, ${column}) values (coalesce(null, 1), now(), ?)`,
      `insert into t (b, ${column}) values (1, 2), (1, ?)`,
      `insert into t set b = 1, ${column} = ?`,
      `update t set ${column} = ?`,
      `insert into t (b) values (1) on duplicate key update ${column} = ?`,
    ]) {
      expect([sql, inline(sql, [value]) !== undefined]).toEqual([sql, isInText]);
    }
    if (!isInText) expect(inline("insert into t values (?)", [value])).toBeUndefined();
  });

  it.each([
    ["that is not named", "insert into t values (?)"],
    ["whose name is qualified", "insert into t (t.b) values (?)"],
    ["after one in double quotes", 'insert into t ("a", b) values (1, ?)'],
    ["before one in double quotes", 'insert into t (b, "a") values (?, 1)'],
    ["of a table in a database", "insert into d.t (b) values (?)"],
    ["of a table in a database that is assigned", "insert into d.t set b = ?"],
    ["of one of several tables", "update t, s set b = ?"],
  ])("stay bound if a BIT column would store other bits, in a column %s", (_, sql) => {
    expect(inlineBinds(sql, ["-1"], "escape", () => "INTEGER")).toBeUndefined();
    expect(inlineBinds(sql, ["1"], "escape", () => "INTEGER")).toBe(sql.replace("?", "'1'"));
  });

  it("work in a statement of 16 MB, and in one of quotes and backslashes only", () => {
    const long = "a".repeat(16_000_000);
    const text = inline(`update t set a = '${long}', b = ?`, [1]);
    expect(text?.length).toBe(long.length + "update t set a = '', b = 1e0".length);
    expect(text?.endsWith("', b = 1e0")).toBe(true);
    expect(inline(`update t set b = ?, a = ${"'\\".repeat(40_000)}`, [1])).toBeUndefined();
    expect(inline(`update t set b = ?, a = '${"\\'".repeat(40_000)}'`, [1])).toContain("b = 1e0");
  });
});
