import { readFile } from "node:fs/promises";
import { systemRuntime } from "@rds-proxy/core/internal";
import { expect, test } from "vitest";
import { probeHelpText } from "./probe-command.js";
import { runCommand } from "./run-command.js";

const endpoint = ["--host", "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com", "--user", "app"];

async function run(...args: readonly string[]): Promise<{ code: number; written: string; told: string }> {
  let written = "";
  let told = "";
  const code = await runCommand(
    ["probe", ...args],
    {
      write: (text) => {
        written += text;
      },
      tell: (text) => {
        told += text;
      },
    },
    { ...systemRuntime, env: {} },
  );
  return { code, written, told };
}

test("the README lists the flags of its own as --help does", async () => {
  const page = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const lines = probeHelpText.split("\n").filter((line) => line.startsWith("  --"));
  const own = lines.slice(
    lines.findIndex((line) => line.startsWith("  --connections")),
    -1,
  );
  expect(own).toHaveLength(6);
  expect(page).toContain(own.join("\n"));
});

test("without --yes it says what it would do, and connects to nothing", async () => {
  const { code, written } = await run(...endpoint, "--connections", "5");
  expect(code).toBe(0);
  expect(written).toContain("shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com:5432 as app");
  expect(written).toContain("at most\n5 connections at a time");
  expect(written).toContain("SET LOCAL");
  expect(written).toMatch(/Nothing has been sent yet. To run the probe, add --yes.\n$/);
  expect((await run(...endpoint, "--engine", "mysql")).written).not.toContain("LOCK TABLES");
  expect((await run(...endpoint, "--engine", "mysql", "--with-locks")).written).toContain("LOCK TABLES");
});

test.each<[string[], string]>([
  [["--connections", "2"], '--connections: expected a whole number from 3 to 20, got "2".'],
  [["--timeout", "soon"], '--timeout: expected a whole number from 1, got "soon".'],
  [["--engine", "oracle"], '--engine: expected postgres, or mysql for MySQL and MariaDB, got "oracle".'],
  [["--secret", "s"], "Unknown option '--secret'."],
  [["shop"], "Every value needs a flag, such as --host NAME."],
  [["--yes", "--save", "/nowhere/p.json"], "--save: expected a file that can be written, got"],
  [["--yes", "--save", "/"], '--save: expected a file that can be written, got "/": it is a folder.'],
])("%j is a wrong command line", async (flags, message) => {
  const { code, written, told } = await run(...endpoint, ...flags);
  expect(told).toContain(message);
  expect(told).toMatch(/See rds-proxy-doctor probe --help\.\n$/);
  expect({ code, written }).toEqual({ code: 2, written: "" });
});

test("a missing host is a wrong command line", async () => {
  const { code, told } = await run("--user", "app");
  expect(code).toBe(2);
  expect(told).toContain("host");
});
