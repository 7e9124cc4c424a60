import { systemRuntime } from "@rds-proxy/core/internal";
import { expect, onTestFinished, test } from "vitest";
import { checkOptions } from "./options.js";

const RUNNING = `${process.version} ${process.platform} ${process.arch}`;

/** The finding about the options in a process whose bundle has left this mark. */
function checkWith(mark: { writtenBy: string; isUsed: boolean }) {
  const key = Symbol.for("@rds-proxy/code-cache");
  Reflect.set(globalThis, key, mark);
  onTestFinished(() => {
    Reflect.deleteProperty(globalThis, key);
  });
  return checkOptions(
    { host: "localhost", user: "app", region: "eu-west-1" },
    { ...systemRuntime, env: {} },
    String,
  );
}

test("reports a code cache that is used", () => {
  expect(checkWith({ writtenBy: RUNNING, isUsed: true })).toMatchObject({
    outcome: "ok",
    facts: expect.arrayContaining([{ name: "code cache", value: "used" }]),
  });
});

test("warns of a code cache of another version, with the remedy", () => {
  expect(checkWith({ writtenBy: "v20.0.0 linux arm64", isUsed: false })).toMatchObject({
    outcome: "warning",
    facts: expect.arrayContaining([
      { name: "code cache", value: `written by Node.js v20.0.0 linux arm64, not used by ${RUNNING}` },
    ]),
    problem: expect.stringContaining("each cold start compiles the bundle"),
    causes: [{ cause: expect.stringContaining("Lambda has updated Node.js") }],
  });
});

test("warns of a code cache that V8 rejects", () => {
  expect(checkWith({ writtenBy: RUNNING, isUsed: false })).toMatchObject({
    outcome: "warning",
    causes: [{ cause: expect.stringContaining("NODE_OPTIONS contains flags of V8") }],
  });
});
