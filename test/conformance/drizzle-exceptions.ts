import {
  type ConformanceException,
  type ConformanceHarness,
  createEnvironment,
} from "@rds-proxy/conformance";
import { expect } from "vitest";
import { nextUnhandledRejection } from "./next-unhandled-rejection.js";

/** The behaviours that Drizzle cannot have, on either engine. */
export function drizzleExceptions<Db extends object>(
  harness: () => ConformanceHarness<Db>,
): Readonly<Record<string, ConformanceException>> {
  return {
    "a rejection without a handler does not end the process when its lease has ended": {
      reason: "a query sends nothing before it is awaited, and its promise is Drizzle's own",
      async instead() {
        const { invoke } = await createEnvironment(harness());
        const rejected = nextUnhandledRejection();
        await invoke(async ({ query }) => {
          void query(harness().sql.sleep(30));
          await new Promise((resolve) => setImmediate(resolve));
        });
        expect(await rejected).toBeInstanceOf(Error);
        expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
      },
    },
    "properties that a handler writes, defines or deletes are as ever for the next invocation": {
      reason:
        "Drizzle keeps what a database needs in properties of it, so a handler that deletes them breaks its own",
      async instead() {
        const { proxy, invoke } = await createEnvironment(harness());
        const before = await invoke(async ({ db }) => Object.keys(db).sort());
        await invoke(async ({ db, query }) => {
          Object.assign(db, { tenant: "A" });
          for (const property of Object.keys(db)) Reflect.deleteProperty(db, property);
          await expect(query("select 1")).rejects.toThrow(TypeError);
        });
        await invoke(async ({ db, query }) => {
          expect(Object.keys(db).sort()).toEqual(before);
          expect(await query("select 1 as one")).toEqual([{ one: 1 }]);
        });
        expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
      },
    },
  };
}
