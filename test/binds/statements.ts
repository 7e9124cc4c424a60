import fc from "fast-check";

/** A part of a statement, with one value for each of its placeholders. */
interface Piece {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** A statement with placeholders on a table whose name is `$t`, and what is bound to them. */
export interface BoundStatement extends Piece {
  /** Whether a model tells the types of the table's columns. */
  readonly isModelled: boolean;
}

/** Columns of all types, beside `id`, the primary key. */
export const COLUMNS: Readonly<Record<string, string>> = {
  c_tiny: "tinyint",
  c_int: "int",
  c_big: "bigint",
  c_unsigned: "bigint unsigned",
  c_decimal: "decimal(20, 4)",
  c_float: "float",
  c_double: "double",
  c_bit: "bit(8)",
  c_year: "year",
  c_date: "date",
  c_datetime: "datetime",
  c_micro: "datetime(6)",
  c_timestamp: "timestamp null",
  c_time: "time(3)",
  c_char: "char(10) character set utf8mb4",
  c_varchar: "varchar(60) character set utf8mb4 collate utf8mb4_bin",
  c_general: "varchar(60) character set utf8mb4 collate utf8mb4_general_ci",
  c_latin1: "varchar(60) character set latin1",
  c_text: "text character set utf8mb4",
  c_binary: "varbinary(60)",
  c_blob: "blob",
  c_enum: "enum('a', 'b', '3', 'é中') character set utf8mb4",
  c_set: "set('a', 'b', '3') character set utf8mb4",
  c_json: "json",
};

/** Rows of such a table. */
export const SEEDS: readonly string[] = [
  "(1, 1, 1, 1, 1, 1, 1.5, 1.5, b'1', 2026, '2026-02-03', '2026-02-03 04:05:06', '2026-02-03 04:05:06.5', " +
    `'2026-02-03 04:05:06', '01:02:03', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', '{"a": 1}')`,
  "(2, 0, 2147483647, 9007199254740993, 18446744073709551615, 0.1, 0.1, 0.1, b'0', 1999, '1999-01-01', '1999-01-01', " +
    "'1999-01-01', '1999-01-01', '-01:02:03', '''', x'5c', 'B', 'ä', '中', '', x'5c', 'b', 'a,b', '[1, 2]')",
  `(3${", null".repeat(24)})`,
];

const column = fc.constantFrom(...Object.keys(COLUMNS));

/** Texts that end a literal, change a statement or are read otherwise somewhere. */
const payloads = [
  "'",
  "\\",
  "\\'",
  "\\\\'",
  "''",
  "'' or 1=1 -- ",
  "\\' or 1=1 -- ",
  "x' , 0x70776e6564) -- ",
  "\u00a5' , 0x70776e6564) -- ",
  "\u00a5\\' or 1=1 -- ",
  "\u4e2d' or 1=1 -- ",
  "\u4e2d\\' or 1=1 -- ",
  "\u4e2d\\",
  "\u0127 or 1=1 -- ",
  "\u015c\u0127 or 1=1 -- ",
  '"; drop table nothing; -- ',
  "`?`",
  "/*! ? */",
  "$$",
  "a\0b",
  "\n\r\t\b\x1a",
  "%_\\%\\_",
  "\ud800",
  "\u{1f600}\\'",
  "{}",
  '{"a": "b\\"c"}',
  "[1, 2.5, null]",
  "1e5",
  " 12 ",
  "0x41",
  "2026-02-03",
  "2026-02-03 04:05:06.789",
  "0000-00-00",
  "12:34:56",
  "a,b",
  "18446744073709551615",
  "true",
  "",
];

const text = fc.oneof(
  fc.constantFrom(...payloads),
  fc.string({
    unit: fc.constantFrom("'", '"', "\\", "`", "?", "-", " ", "a", "ä", "中", "\u00a5", "%", "0", "表"),
  }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 12 }),
  fc.integer().map(String),
  fc.double({ noNaN: true }).map(String),
);

const number = fc.oneof(
  fc.integer({ min: 0, max: 99 }),
  fc.integer({ min: -300, max: 300 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.float(),
  fc.constantFrom(
    0,
    -0,
    1,
    2.5,
    0.1,
    1e21,
    1e22,
    5e-324,
    1.7976931348623157e308,
    1e-7,
    20260203,
    2026,
    0.5,
    1.5,
    123456.789,
  ),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

const value: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: text, weight: 8 },
  { arbitrary: number, weight: 6 },
  { arbitrary: fc.constant(null), weight: 2 },
  { arbitrary: fc.boolean(), weight: 2 },
  { arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }), weight: 1 },
  { arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)), weight: 2 },
  { arbitrary: fc.uint8Array({ maxLength: 4 }), weight: 1 },
  { arbitrary: fc.date({ noInvalidDate: false }), weight: 1 },
  {
    arbitrary: fc.constantFrom<unknown>({ a: 1 }, [1, "x"], undefined, Symbol("s"), () => 1, new Map()),
    weight: 1,
  },
);

const literal = (sql: string): Piece => ({ sql, values: [] });
const bound: fc.Arbitrary<Piece> = value.map((each) => ({ sql: "?", values: [each] }));

function join(pieces: readonly Piece[], separator: string): Piece {
  return {
    sql: pieces.map(({ sql }) => sql).join(separator),
    values: pieces.flatMap(({ values }) => values),
  };
}

function around(before: string, piece: Piece, after: string = ""): Piece {
  return { sql: before + piece.sql + after, values: piece.values };
}

/** Expressions in which a literal may differ from a bound value, or a placeholder is none. */
const oddities = [
  "c_int * ?",
  "? / 3",
  "-?",
  "concat(c_text, ?)",
  "? 'label'",
  "'it''s ?'",
  "'it\\'s ?'",
  '"?"',
  "coalesce(?, c_int)",
  "(?)",
  "? collate utf8mb4_bin",
  "case when c_int = ? then 1 else 2 end",
  "(select max(id) from $t as s where s.c_int = ?)",
  "N'x'",
  "x'41'",
  "1 /* ? */",
  "1 -- ?\n",
  "1 # ?\n",
  "if(c_int = ?, 1, 2)",
  "cast(? as char)",
  "json_quote(?)",
  "st_astext(st_geomfromtext(?))",
  "? + interval 1 day",
  "default(c_int)",
];

const oddity: fc.Arbitrary<Piece> = fc
  .record({ sql: fc.constantFrom(...oddities), values: fc.array(value, { minLength: 2, maxLength: 2 }) })
  .map(({ sql, values }) => ({ sql, values: values.slice(0, sql.split("?").length - 1 - hidden(sql)) }));

/** Question marks that are no placeholders. */
function hidden(sql: string): number {
  return /^['"]|\/\*|--|#/.test(sql) ? sql.split("?").length - 1 : 0;
}

const term: fc.Arbitrary<Piece> = fc.oneof(
  { arbitrary: bound, weight: 30 },
  { arbitrary: fc.constantFrom("default", "null", "7", "'x'", "upper('x')").map(literal), weight: 2 },
  { arbitrary: oddity, weight: 1 },
);

const moment = fc
  .date({ min: new Date("1970-01-02"), max: new Date("2038-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString().replace("T", " ").slice(0, -1));

/** Values as a model holds them for a column of this type. */
function typicalOf(type: string): fc.Arbitrary<unknown> {
  if (/char|text|enum/.test(type)) return text;
  if (type === "date") return moment.map((each) => each.slice(0, 10));
  if (/^(?:datetime|timestamp)/.test(type)) {
    return fc.tuple(moment, fc.constantFrom(10, 19, 21, 23)).map(([each, length]) => each.slice(0, length));
  }
  if (/^time/.test(type)) return moment.map((each) => each.slice(11, 19));
  if (type === "year") return fc.integer({ min: 0, max: 2155 });
  if (type === "decimal(20, 4)") return fc.integer({ min: -1e9, max: 1e9 }).map((each) => String(each / 1e4));
  return fc.oneof(fc.integer({ min: -300, max: 300 }), fc.maxSafeInteger().map(String), fc.boolean());
}

const typicalValues = new Map(
  Object.entries(COLUMNS).map(([name, type]): [string, fc.Arbitrary<Piece>] => [
    name,
    fc.oneof(
      { arbitrary: typicalOf(type).map((each) => ({ sql: "?", values: [each] })), weight: 3 },
      { arbitrary: bound, weight: 1 },
    ),
  ]),
);

const operator = fc.constantFrom("=", "=", "=", "<>", "!=", "<", ">", "<=", ">=", "<=>", "like", "not like");

const name = fc
  .tuple(column, fc.constantFrom("", "`", "$t."))
  .map(([each, quote]) => (quote === "$t." ? `$t.${each}` : quote + each + quote));

/** A column, and as many values as are compared with it. */
const named = (count: { minLength: number; maxLength: number }): fc.Arbitrary<[string, Piece[]]> =>
  name.chain((each) => {
    const compared = typicalValues.get(each.replaceAll(/`|\$t\./g, "")) ?? bound;
    return fc.tuple(fc.constant(each), fc.array(compared, count));
  });
const one = { minLength: 1, maxLength: 1 };

const condition: fc.Arbitrary<Piece> = fc.letrec<{ one: Piece; all: Piece }>((tie) => ({
  one: fc.oneof(
    {
      arbitrary: fc.tuple(named(one), operator).map(([[n, b], o]) => around(`${n} ${o} `, join(b, ""))),
      weight: 8,
    },
    {
      arbitrary: named({ minLength: 1, maxLength: 3 }).map(([n, list]) =>
        around(`${n} in (`, join(list, ", "), ")"),
      ),
      weight: 2,
    },
    {
      arbitrary: named({ minLength: 2, maxLength: 2 }).map(([n, range]) =>
        around(`${n} between `, join(range, " and ")),
      ),
      weight: 1,
    },
    { arbitrary: fc.tuple(name, oddity).map(([n, b]) => around(`${n} = `, b)), weight: 1 },
    { arbitrary: fc.tuple(name, bound).map(([n, b]) => around("", b, ` = ${n}`)), weight: 1 },
    { arbitrary: name.map((n) => literal(`${n} is null`)), weight: 1 },
    { arbitrary: fc.tuple(name, bound).map(([n, b]) => around(`${n} + 1 = `, b)), weight: 1 },
    { arbitrary: fc.tuple(name, bound).map(([n, b]) => around(`not ${n} = `, b)), weight: 1 },
  ),
  all: fc.oneof(
    { depthSize: "small" },
    tie("one"),
    fc.tuple(tie("all"), fc.constantFrom(" and ", " or "), tie("one")).map(([a, o, b]) => join([a, b], o)),
    tie("all").map((piece) => around("(", piece, ")")),
  ),
})).all;

const end = fc.constantFrom("", "", "", ";", " order by id limit 1", " /* ? */");

const insert = fc
  .tuple(
    fc.constantFrom("insert into", "insert ignore into", "replace into"),
    fc.uniqueArray(column, { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 2 }),
    fc.infiniteStream(term),
    fc.option(fc.tuple(column, term), { freq: 4 }),
  )
  .map(([verb, columns, rows, terms, onDuplicate]) => {
    const tuples = Array.from({ length: rows }, () =>
      around(
        "(",
        join(
          columns.map(() => terms.next().value),
          ", ",
        ),
        ")",
      ),
    );
    const statement = around(`${verb} $t (${columns.join(", ")}) values `, join(tuples, ", "));
    if (!onDuplicate || verb === "replace into") return statement;
    return join([statement, around(`${onDuplicate[0]} = `, onDuplicate[1])], " on duplicate key update ");
  });

const update = fc
  .tuple(
    fc.array(fc.tuple(name, term), { minLength: 1, maxLength: 3 }),
    fc.option(condition, { freq: 5 }),
    end,
  )
  .map(([assignments, where, after]) => {
    const set = join(
      assignments.map(([n, t]) => around(`${n} = `, t)),
      ", ",
    );
    const statement = around("update $t set ", set);
    return around("", where ? join([statement, where], " where ") : statement, after);
  });

const remove = fc
  .tuple(condition, end)
  .map(([where, after]) => around("delete from $t where ", where, after));

const select = fc
  .tuple(bound, condition)
  .map(([b, where]) => join([around("select id, ", b, " as b from $t"), where], " where "));

/** Mostly statements whose values may go into the text. */
export const boundStatement: fc.Arbitrary<BoundStatement> = fc
  .tuple(
    fc.oneof(
      { arbitrary: insert, weight: 5 },
      { arbitrary: update, weight: 5 },
      { arbitrary: remove, weight: 3 },
      { arbitrary: select, weight: 1 },
    ),
    fc.oneof({ arbitrary: fc.constant(true), weight: 3 }, { arbitrary: fc.constant(false), weight: 1 }),
  )
  .map(([piece, isModelled]) => ({ ...piece, isModelled }));

/** Values as their columns hold them. */
const TYPICAL: Readonly<Record<string, readonly unknown[]>> = {
  c_tiny: [1, -128, "1", true],
  c_int: [1, 0, 2147483647, "2147483647"],
  c_big: [1, 9007199254740991, "9007199254740993"],
  c_unsigned: [1, "18446744073709551615"],
  c_decimal: [1, 0.1, "0.1000", "-12.3456"],
  c_float: [1.5, 0.1],
  c_double: [1.5, 0.1, 1e300],
  c_bit: [1, 0, true],
  c_year: [2026, 1999, "2026"],
  c_date: ["2026-02-03"],
  c_datetime: ["2026-02-03 04:05:06", "2026-02-03"],
  c_micro: ["2026-02-03 04:05:06.5", "2026-02-03 04:05:06.500000"],
  c_timestamp: ["2026-02-03 04:05:06"],
  c_time: ["01:02:03", "-01:02:03"],
  c_char: ["a", "A", "'"],
  c_varchar: ["a", "A", "\\", "ä", "中'"],
  c_general: ["a", "A", "b", "B"],
  c_latin1: ["a", "ä", "Ä"],
  c_text: ["a", "中", "中\\'"],
  c_binary: ["a", ""],
  c_blob: ["a", "\\"],
  c_enum: ["a", "b", "3"],
  c_set: ["a", "a,b"],
  c_json: ["a", 1],
};

/** Each column stored and compared in each way with values of its own type, and with NULL. */
export const TYPICAL_STATEMENTS: readonly BoundStatement[] = Object.entries(TYPICAL)
  .flatMap(([name, values]) => [...values, null].flatMap((value) => typicalStatements(name, value)))
  .map((piece) => ({ ...piece, isModelled: true }));

function typicalStatements(name: string, value: unknown): readonly Piece[] {
  // JSON is not compared in the text.
  if (name === "c_json") {
    return [{ sql: `insert into $t (${name}) values (?)`, values: [JSON.stringify(value)] }];
  }
  return [
    { sql: `insert into $t (${name}) values (?)`, values: [value] },
    ...["=", "<>", "<", ">", "<=", ">=", "<=>"].map((sign) => ({
      sql: `update $t set c_text = ? where ${name} ${sign} ?`,
      values: ["changed", value],
    })),
    { sql: `delete from $t where ${name} in (?, ?)`, values: [value, value] },
    { sql: `delete from $t where ${name} between ? and ?`, values: [value, value] },
  ];
}
