import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { adapters } from "../support/adapters.js";
import type { Script } from "../support/handlers/scripted-handler.js";
import type { StreamedRows } from "./handlers/streaming.js";
import { startFunction } from "./start-function.js";

const ONE: Script = { steps: [{ query: "select 1 as one" }] };
const streaming = {
  engine: "postgres",
  handlerFile: fileURLToPath(new URL("handlers/streaming.ts", import.meta.url)),
} as const;

test("these tests run under a client of the Runtime API", () => {
  expect(process.env["TEST_RUNTIME_CLIENT"]).toMatch(/index\.mjs$/);
});

describe.each(adapters)("with $name", (adapter) => {
  test("an environment that is frozen after each response keeps its connection", async () => {
    const { proxy, lambda } = await startFunction(adapter, {}, { freezesBetween: true });
    for (let count = 0; count < 10; count++) expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
    // The prefetch was frozen half-way, or it is the one connection.
    expect(proxy.metrics().TokensVerified).toBeLessThanOrEqual(2);
    const { TokensVerified } = proxy.metrics();
    expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
    expect(proxy.metrics().TokensVerified).toBe(TokensVerified);
  });

  test("an error reaches the caller with its name and message, and the log with its code", async () => {
    // On MySQL, RDS Proxy reports a missing secret with the number of a wrong password.
    const code = adapter.engine === "mysql" ? "RDS_PROXY_AUTHENTICATION_FAILED" : "RDS_PROXY_REFUSED";
    const { proxy, lambda } = await startFunction(adapter, { TEST_OPTIONS: '{"prefetch":false}' });
    proxy.faults.failConnects("no-credentials", { times: Number.POSITIVE_INFINITY });
    await expect(lambda.invoke(ONE)).rejects.toMatchObject({ code });
    await expect.poll(() => lambda.output).toContain(code);
    expect(lambda.output).not.toMatch(/X-Amz-Signature/);
    proxy.faults.clear();
    expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
  });
});

describe("a streamed response", () => {
  test("keeps its connection until its end", async () => {
    const { proxy, lambda } = await startFunction(streaming, {}, { freezesBetween: true });
    for (let count = 0; count < 3; count++) {
      const lines = String(await lambda.invoke({ rows: 5000 } satisfies StreamedRows))
        .trim()
        .split("\n");
      expect(lines).toHaveLength(5000);
      expect(lines.at(-1)).toBe("5000");
    }
    expect(proxy.metrics().TokensVerified).toBeLessThanOrEqual(2);
  });

  // Its client has a rejected promise without a handler then, with any handler in Middy's streaming mode.
  test("that fails after its first rows ends the process, and its connection with it", async () => {
    const { proxy, lambda } = await startFunction(streaming);
    await expect(lambda.invoke({ rows: 500, fails: true } satisfies StreamedRows)).rejects.toThrow(
      "division by zero",
    );
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
  });
});
