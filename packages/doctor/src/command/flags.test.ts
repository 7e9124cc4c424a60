import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { flagOf, helpText } from "./flags.js";

test("the README lists the flags as --help does", async () => {
  const page = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const lines = helpText
    .split("\n")
    .filter((line) => line.startsWith("  --") && !line.startsWith("  --help"));
  expect(lines.length).toBeGreaterThan(10);
  expect(page).toContain(lines.join("\n"));
});

test("the report names options by their flags", () => {
  expect(flagOf("signingHost")).toBe("--signing-host");
  expect(flagOf("ssl.ca")).toBe("--ca-file");
});
