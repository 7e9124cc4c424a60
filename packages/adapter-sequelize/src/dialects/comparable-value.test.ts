import { describe, expect, it } from "vitest";
import { isComparable, isStorable, isText } from "./comparable-value.js";

describe("a value that is compared as a literal", () => {
  it.each([
    ["INTEGER", ["0", "-12", "12345678901234567890", "1.5", "-12.3456", "0.12345678901234567890"]],
    ["VARCHAR(255)", ["", "a\nb", "2026-02-30"]],
    ["varchar(255)", ["x"]],
    ["VARBINARY(10)", ["x"]],
    ["DATE", ["2026-02-03", "1999-10-19", "2026-11-20", "2026-12-31", "2024-02-29"]],
    ["DATETIME(6)", ["2026-02-03 04:05:06", "2026-02-03 13:50:16.1", "2026-02-03 23:59:59.123456"]],
    ["TIME", ["01:02:03", "-12:50:59", "99:59:00.5", "01:02:03.123456"]],
    ["YEAR", ["1910", "1999", "2000", "2026", "2099"]],
  ])("may be each of these texts in a column of type %s", (type, values) => {
    expect(values.filter((value) => !isComparable(value, type))).toEqual([]);
  });

  it.each([
    ["INTEGER", ["", "-", "1.", ".5", "7x", "x7", " 7", "1e3", "+1", "1.5.2", "123456789012345678901"]],
    ["DATE", ["", "0999-01-01", "2026-2-3", "2026-00-10", "2026-13-01", "2026-20-01", "2026-01-00"]],
    ["DATE", ["2026-01-32", "2026-01-40", "2026-02-29", "2026-04-31", "x2026-02-03", "2026-02-03x"]],
    [
      "DATETIME",
      ["2026-02-03T04:05:06", "2026-02-03 24:00:00", "2026-02-03 30:00:00", "2026-02-03 04:60:00"],
    ],
    ["DATETIME", ["2026-02-03 04:05:60", "2026-02-03 04:05", "2026-02-03 04:05:06.", "2026-02-03 04:05:06Z"]],
    ["DATETIME", ["2026-02-03 04:05:06.1234567"]],
    ["TIME", ["", "1:2", "1:02:03", "01:60:03", "01:02:60", "01:02", "x01:02:03", "01:02:03x", "01:02:03."]],
    ["TIME", ["01:02:03.1234567", "+01:02:03", "101:02:03"]],
    ["YEAR", ["", "50", "1900", "1909", "1899", "2100", "x1999", "1999x", "x2026", "20260"]],
    ["BIT(8)", ["", "1", "a"]],
    ["GEOMETRY", ["", "1", "POINT(0 0)"]],
    ["1VARCHAR", ["x"]],
    ["", ["x"]],
  ])("may be none of these texts in a column of type %s", (type, values) => {
    expect(values.filter((value) => isComparable(value, type))).toEqual([]);
  });

  const KINDS = ["INT", "TEXT", "BLOB", "TIMESTAMP", "TIME", "YEAR", "BIT", "JSON", undefined];
  it.each<[name: string, value: unknown, types: readonly string[]]>([
    ["null", null, ["INT", "TEXT", "BLOB", "TIMESTAMP", "TIME", "YEAR", "BIT"]],
    ["a number", 20.5, ["INT", "TEXT", "BLOB", "BIT"]],
    ["a number that is a year", 2026, ["INT", "TEXT", "BLOB", "YEAR", "BIT"]],
    ["true", true, ["INT", "TEXT", "BLOB", "BIT"]],
    ["a bigint", 1n, []],
    ["bytes", Buffer.from("a"), []],
    ["undefined", undefined, []],
  ])("may be %s in columns of some types", (_, value, types) => {
    expect(KINDS.map((type) => [type, isComparable(value, type)])).toEqual(
      KINDS.map((type) => [type, type !== undefined && types.includes(type)]),
    );
  });
});

describe("a value that is stored as a literal", () => {
  it.each(["-1", " -1", "  \t-1", "-.5", "1e3", "+1E+3", "1.5e20", ".5e2", "12e+10", -1n])(
    "is not %o in a column that may be a BIT",
    (value) => {
      expect(["BIT(1)", "bit(1)", "BIT", undefined].filter((type) => isStorable(value, type))).toEqual([]);
      expect(["INTEGER", "BITMAP", "A BIT"].filter((type) => !isStorable(value, type))).toEqual([]);
    },
  );

  it.each([
    "1",
    "",
    "-",
    "-x",
    "x-1",
    "x1e3",
    "e3",
    "1e",
    "1ex",
    "1e-3",
    "--1",
    "+-1",
    0n,
    1n,
    -1,
    true,
    null,
  ])("may be %o in a column of any type", (value) => {
    expect(["BIT(1)", "INTEGER", undefined].filter((type) => !isStorable(value, type))).toEqual([]);
  });
});

it("knows columns of text, which LIKE compares without a conversion", () => {
  const types = ["VARCHAR(10)", "ENUM('x')", "BLOB", "INTEGER", "DATE", "", undefined];
  expect(types.filter(isText)).toEqual(["VARCHAR(10)", "ENUM('x')", "BLOB"]);
});
