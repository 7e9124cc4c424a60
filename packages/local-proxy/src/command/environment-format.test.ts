import { execFile } from "node:child_process";
import { parseEnv, promisify } from "node:util";
import { expect, test } from "vitest";
import { formatNames, formats } from "./environment-format.js";

const environment = { A: "plain:/+=", B: "with space", C: "it's $HOME \\ `x`" };

test("bash reads back what is written", async () => {
  const script = `${formats.bash.write(environment)}printf '%s|%s|%s' "$A" "$B" "$C"`;
  const { stdout } = await promisify(execFile)("bash", ["-c", script]);
  expect(stdout).toBe(Object.values(environment).join("|"));
});

test("Node reads back what is written as dotenv", () => {
  expect(parseEnv(formats.dotenv.write(environment))).toEqual(environment);
});

test("SAM's file has the variables of all functions", () => {
  expect(JSON.parse(formats.sam.write(environment))).toEqual({ Parameters: environment });
});

test.each([
  ["fish", "set -gx A 'plain:/+='\nset -gx B 'with space'\nset -gx C 'it\\'s $HOME \\\\ `x`'\n"],
  ["powershell", "$env:A = 'plain:/+='\n$env:B = 'with space'\n$env:C = 'it''s $HOME \\ `x`'\n"],
  ["docker", "A=plain:/+=\nB=with space\nC=it's $HOME \\ `x`\n"],
] as const)("%s", (format, text) => {
  expect(formats[format].write(environment)).toBe(text);
});

test("every format is listed", () => {
  expect(formatNames).toEqual(["bash", "fish", "powershell", "dotenv", "docker", "sam"]);
});
