import fc from "fast-check";
import { escape as toLiteral } from "mysql2";
import { describe, expect, it } from "vitest";
import { inlineBinds } from "./inline-binds.js";

type Value = string | number | null | undefined;

const inline = (statement: string, ...values: Value[]): string =>
  inlineBinds<Value>(statement, values, toLiteral);

describe("values in the text of a statement", () => {
  it("take the places of the placeholders, in order", () => {
    expect(inline("insert into t values (?,?,?,DEFAULT)", 1, "two", null)).toBe(
      "insert into t values (1,'two',NULL,DEFAULT)",
    );
  });

  it.each([
    ["single quotes", "select 'what?', ?", "select 'what?', 1"],
    ["doubled quotes", "select 'it''s ?', ?", "select 'it''s ?', 1"],
    ["a quote behind a backslash", "select 'it\\'s ?', ?", "select 'it\\'s ?', 1"],
    ["a backslash at the end", "select '\\\\', ?, '?'", "select '\\\\', 1, '?'"],
    ["double quotes", 'select "?", ?', 'select "?", 1'],
    ["names", "select `a?``b?`, ?", "select `a?``b?`, 1"],
    ["comments", "select /* ? */ ? -- ?\n, 2 # ?", "select /* ? */ 1 -- ?\n, 2 # ?"],
  ])("leave alone what stands in %s", (_, statement, expected) => {
    expect(inline(statement, 1)).toBe(expected);
  });

  it("take two hyphens without a space for two signs, as MySQL does", () => {
    expect(inline("select 1--?", 1)).toBe("select 1--1");
  });

  it("are never looked at for placeholders themselves", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 5 }), (values) => {
        const statement = values.map(() => "?").join(" / ");
        expect(inline(statement, ...values)).toBe(values.map((value) => toLiteral(value)).join(" / "));
      }),
    );
  });

  it.each([
    ["too few", "select ?, ?", [1], /undefined/],
    ["too many", "select ?", [1, 2], /1 placeholders for 2 values/],
    ["undefined", "select ?", [undefined], /undefined/],
  ])("are refused when there are %s", (_, statement, values, message) => {
    expect(() => inline(statement, ...values)).toThrow(message);
  });
});
