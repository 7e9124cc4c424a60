import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";

/** What a handler does to its `db` ends with its invocation; the connection below serves the next one. */
export function leftovers<Db extends object>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);

  test("a prototype that a handler gives its db is unknown to the next invocation", async () => {
    const { proxy, invoke } = await createEnvironment(harness);
    const before = await invoke(async ({ db }) => {
      const prototype: unknown = Object.getPrototypeOf(db);
      Object.setPrototypeOf(db, { tenant: "A", query: () => Promise.reject(new Error("stolen")) });
      expect(Reflect.get(db, "tenant")).toBe("A");
      return prototype;
    });
    await invoke(async ({ db, query }) => {
      expect(Object.getPrototypeOf(db)).toBe(before);
      expect(Reflect.get(db, "tenant")).toBeUndefined();
      expect(await query("select 1 as one")).toEqual([{ one: 1 }]);
    });
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test.each([
    ["prevents extensions of", Object.preventExtensions],
    ["seals", Object.seal],
    ["freezes", Object.freeze],
  ])(
    "a handler that %s its db goes on working with it, and so does the next invocation",
    async (_, close) => {
      const { proxy, invoke, createTable, rowCount } = await createEnvironment(harness);
      const table = await createTable();
      for (let invocation = 0; invocation < 2; invocation++) {
        await invoke(async ({ db, query, transaction }) => {
          close(db);
          expect(Object.isExtensible(db)).toBe(false);
          expect(await query("select 1 as one")).toEqual([{ one: 1 }]);
          await transaction(async (inTransaction) => {
            await inTransaction(`insert into ${table} values (1)`);
          }, "commit");
        });
      }
      expect(await rowCount(table)).toBe(2);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    },
  );

  test("properties that a handler writes, defines or deletes are as ever for the next invocation", async () => {
    const { proxy, invoke } = await createEnvironment(harness);
    const own = (db: object): readonly unknown[] => Object.keys(db).sort();
    // A driver's first query may set properties of its own.
    await invoke(({ query }) => query("select 1"));
    const before = await invoke(async ({ db }) => own(db));
    await invoke(async ({ db, query }) => {
      for (const property of Object.keys(db)) Reflect.deleteProperty(db, property);
      Object.assign(db, { tenant: "A" });
      Object.defineProperty(db, "fixed", { value: 1 });
      Object.defineProperty(db, "computed", { get: () => 1, configurable: true });
      expect(await query("select 1 as one")).toEqual([{ one: 1 }]);
      Object.defineProperty(db, "query", { value: () => Promise.reject(new Error("stolen")) });
    });
    await invoke(async ({ db, query }) => {
      expect(own(db)).toEqual(before);
      expect("tenant" in db || "fixed" in db || "computed" in db).toBe(false);
      expect(await query("select 1 as one")).toEqual([{ one: 1 }]);
    });
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });
}
