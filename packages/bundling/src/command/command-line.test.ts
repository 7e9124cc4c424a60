import { expect, it } from "vitest";
import { parseCommandLine } from "./command-line.js";

it("takes an entry and a folder, and every flag", () => {
  expect(parseCommandLine(["handler.ts", "--outdir", "dist"])).toEqual({
    entry: "handler.ts",
    outdir: "dist",
    format: "cjs",
    early: undefined,
    minify: true,
    bundlesAwsSdk: false,
    external: [],
    conditions: [],
    training: { event: undefined, handlerName: "handler" },
  });
  const flags =
    "--format esm --event {} --handler main --external sharp --external re2 --conditions x --bundle-aws-sdk --no-minify";
  expect(parseCommandLine(["handler.ts", "--outdir", "dist", ...flags.split(" ")])).toEqual({
    entry: "handler.ts",
    outdir: "dist",
    format: "esm",
    early: undefined,
    minify: false,
    bundlesAwsSdk: true,
    external: ["sharp", "re2"],
    conditions: ["x"],
    training: { event: "{}", handlerName: "main" },
  });
  expect(parseCommandLine(["--help"])).toBe("help");
});

it("takes the module that opens the connection", () => {
  expect(parseCommandLine(["handler.ts", "--outdir", "dist", "--early", "database.ts"])).toMatchObject({
    early: "database.ts",
  });
});

it.each([
  [
    ["a.ts", "--outdir", "dist", "--format", "esm", "--early", "b.ts"],
    "--early: expected without --format esm",
  ],
  [[], "Expected one entry"],
  [["a.ts", "b.ts", "--outdir", "dist"], "Expected one entry"],
  [["a.ts"], "--outdir: expected the deployment folder"],
  [["a.ts", "--outdir", "dist", "--format", "iife"], '--format: expected cjs or esm, got "iife"'],
  [["a.ts", "--outdir", "dist", "--event", "{"], "--event: expected JSON"],
  [["a.ts", "--outdir", "dist", "--fast"], "Unknown option '--fast'"],
])("refuses %j", (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(message);
});
