import { expect, test } from "vitest";
import { type DemoOptions, parseOptions } from "../../demo/options.js";
import { USAGE } from "../../demo/usage.js";

function optionsOf(args: readonly string[]): DemoOptions {
  const options = parseOptions(args);
  if (options === "help") throw new Error("--help was given");
  return options;
}

test("--help describes every option", () => {
  expect(parseOptions(["--help"])).toBe("help");
  expect(parseOptions(["-h", "--storm"])).toBe("help");
  for (const name of ["engine", "storm", "environments", "max-connections", "logins-per-second", "out"]) {
    expect(USAGE).toContain(`--${name} `);
  }
});

test("without --storm the demo is step by step, by default on PostgreSQL", () => {
  expect(parseOptions([])).toMatchObject({ engine: { name: "postgres" }, storm: undefined });
  expect(parseOptions(["--engine", "mysql"])).toMatchObject({ engine: { name: "mysql" }, storm: undefined });
});

test("a storm has defaults, and writes a page into the current folder", () => {
  expect(optionsOf(["--storm"]).storm).toEqual({
    environments: 200,
    maxConnections: 60,
    loginsPerSecond: 100,
    outputFile: "storm.html",
  });
  const args = ["--storm", "--environments", "20", "--max-connections", "10", "--out", "chart.svg"];
  expect(optionsOf(args).storm).toMatchObject({
    environments: 20,
    maxConnections: 10,
    outputFile: "chart.svg",
  });
});

test.each([
  [["--engine", "oracle"], "--engine: expected one of postgres, mysql"],
  [["--environments", "20"], "--environments needs --storm."],
  [["--storm", "--environments", "many"], '--environments: expected a whole number from 1, got "many".'],
  [["--storm", "--max-connections", "3"], '--max-connections: expected a whole number from 10, got "3".'],
  [["--storm", "--out", "chart.png"], '--out: expected a file that ends in .html or .svg, got "chart.png".'],
])("%j is refused by name", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
