import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mysqlEffects } from "./mysql-effects.js";
import { isPlainQuery } from "./plain-query.js";
import { postgresEffects } from "./postgres-effects.js";

const isPlain = (text: string): boolean => isPlainQuery({ text });

/** Words and symbols that mean something to the code that reads statements, in one case or another. */
const parts = fc.constantFrom(
  ...["select", "SELECT", "1", "as", "one", "*", "from", "orders", "where", "id", "=", "$1", "?", ",", "."],
  ...["into", "INTO", "temp", "temporary", "table", "update", "pg_settings", "with", "hold", "for", "lock"],
  ...["set", "seed", "local", "create", "function", "prepare", "execute", "listen", "discard", "declare"],
  ...["(", ")", ";", "@a", ":=", "'", '"', "`", "--", "/*!", "#", "\\", "nextval", "set_config", "get_lock"],
  ...[
    "sql_calc_found_rows",
    "row_count",
    "next",
    "value",
    "drop",
    "on",
    "commit",
    "explain",
    "analyze",
    "\n",
  ],
);

describe("a plain query", () => {
  it("has no effect on its session, by the code that reads statements", () => {
    const texts = fc
      .array(parts, { minLength: 1, maxLength: 12 })
      .map((words) => `select ${words.join(" ")}`);
    let plain = 0;
    fc.assert(
      fc.property(texts, fc.boolean(), (text, hasBackslashEscapes) => {
        if (!isPlain(text)) return;
        plain++;
        expect([postgresEffects(text, hasBackslashEscapes), mysqlEffects(text, hasBackslashEscapes)]).toEqual(
          [[], []],
        );
      }),
      { numRuns: 5000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  it.each([
    "select 1 as one",
    "SELECT id, name FROM orders WHERE id = $1",
    "select * from a where b = ? limit 1",
    `select ${"1".repeat(993)}`,
  ])("is %s", (text) => expect(isPlain(text)).toBe(true));

  it.each([
    "select set_config(1)",
    "select 1 into temp t",
    "select 'a'",
    "select 1; set a = 1",
    "select @a",
    "select 1 -- a",
    "with a as (select 1) select 1",
    "insert into a values (1)",
    `select ${"1".repeat(994)}`,
    "select 1\nset a = 1",
  ])("is not %s", (text) => expect(isPlain(text)).toBe(false));

  it("is not a prepared one", () => {
    expect(isPlainQuery({ text: "select 1", isPrepared: true })).toBe(false);
  });
});
