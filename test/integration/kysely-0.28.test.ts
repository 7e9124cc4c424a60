import * as kysely from "kysely";
import * as older from "kysely-0.28";
import { expect, test, vi } from "vitest";

// What follows runs with the oldest minor version that is supported, in its last release.
vi.mock("kysely", () => import("kysely-0.28"));

await import("./kysely-dialect.test.js");
await import("./kysely-invocations.test.js");
await import("./kysely-isolation.test.js");

test("these tests ran with Kysely 0.28", () => {
  expect(kysely.Kysely).toBe(older.Kysely);
});
