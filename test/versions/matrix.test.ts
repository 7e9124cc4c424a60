import { expect, test } from "vitest";
import { dimensions } from "./dimensions.js";
import { coveringCells, formatCell, parseCell } from "./matrix.js";

test.each([1, 2, 42, 123_456])("with seed %i each version and setting occurs", (seed) => {
  const cells = coveringCells(seed);
  for (const [name, values] of Object.entries(dimensions)) {
    const occurring = cells.map((cell) => Reflect.get(cell, name));
    expect(new Set(occurring), name).toEqual(new Set(values));
  }
});

test("a seed gives the same cells each time, and another seed others", () => {
  expect(coveringCells(7)).toEqual(coveringCells(7));
  expect(coveringCells(7)).not.toEqual(coveringCells(8));
});

test("a cell is read as it is printed", () => {
  for (const cell of coveringCells(3)) expect(parseCell(formatCell(cell))).toEqual(cell);
});

test("what a cell does not name is what the other tests run on", () => {
  expect(parseCell("postgres=14")).toEqual({ ...parseCell(""), postgres: "14" });
  expect(parseCell("")).toMatchObject({ node: "24", postgres: "18", pg: "newest", tls: "1.3" });
});

test.each([
  ["postgre=14", /^--cell: expected names of node, postgres, .*; received postgre=14$/],
  ["postgres=13", /^--cell: expected postgres to be one of 18, 17, 16, 15, 14; received 13$/],
  ["node", /^--cell: expected node to be one of 24, 22\.15, 26; received $/],
])("%s is refused", (text, message) => {
  expect(() => parseCell(text)).toThrow(message);
});
