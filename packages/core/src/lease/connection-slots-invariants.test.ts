import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { freeze, passTime } from "../testing/fake-time.js";
import type { ScriptedDb } from "../testing/scripted-driver.js";
import {
  createSlots,
  driver,
  EXHAUSTED,
  HOUR_MS,
  inMs,
  PERMANENT,
  request,
  slots,
  useSlots,
} from "../testing/slots-under-test.js";
import type { Lease } from "./adapter.js";

useSlots();

describe("in any order of events", () => {
  type Step =
    | { readonly do: "acquire"; readonly budgetMs: number }
    | {
        readonly do: "use";
        readonly how: "release" | "destroy" | "break" | "begin" | "hang";
        readonly which: number;
      }
    | { readonly do: "pass"; readonly ms: number }
    | { readonly do: "freeze"; readonly ms: number }
    | { readonly do: "script"; readonly ms: number; readonly error: unknown }
    | { readonly do: "prefetch" };

  const which = fc.nat(9);
  const step = fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ do: fc.constant("acquire"), budgetMs: fc.integer({ min: 0, max: 3000 }) }),
    fc.record({
      do: fc.constant("use"),
      how: fc.constantFrom("release", "destroy", "break", "begin", "hang"),
      which,
    }),
    fc.record({ do: fc.constant("pass"), ms: fc.constantFrom(0, 1, 10, 100, 1000) }),
    fc.record({ do: fc.constant("freeze"), ms: fc.constantFrom(10, 6000, HOUR_MS, 24 * HOUR_MS) }),
    fc.record({
      do: fc.constant("script"),
      ms: fc.constantFrom(0, 10, 500, 60_000),
      error: fc.constantFrom(undefined, undefined, PERMANENT, EXHAUSTED),
    }),
    fc.record({ do: fc.constant("prefetch") }),
  );

  it("no slot is lost or added, and no two leases share a connection", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { maxLength: 30 }),
        async (maxConnections, steps) => {
          createSlots({ maxConnections, connectTimeoutMs: 800 });
          const requests: ReturnType<typeof request>[] = [];
          const ending: Promise<void>[] = [];
          const held = new Set<Lease<ScriptedDb>>();
          const ended = new Set<Lease<ScriptedDb>>();
          let hasPrefetched = false;

          const look = (): void => {
            for (const { wanted } of requests)
              if (wanted.lease && !ended.has(wanted.lease)) held.add(wanted.lease);
            const inUse = [...held].map(({ db }) => db.connection);
            expect(new Set(inUse).size).toBe(inUse.length);
            expect(inUse.length).toBeLessThanOrEqual(maxConnections);
            // One handshake more until an abandoned prefetch is closed.
            expect(driver.open.length + driver.connecting).toBeLessThanOrEqual(
              maxConnections + (hasPrefetched ? 1 : 0),
            );
          };

          for (const each of steps) {
            if (each.do === "acquire") requests.push(request(each.budgetMs));
            else if (each.do === "pass") await passTime(each.ms);
            else if (each.do === "freeze") freeze(each.ms);
            else if (each.do === "script") driver.script.push(each);
            else if (each.do === "prefetch") {
              hasPrefetched = true;
              slots.prefetch();
            } else {
              const lease = [...held][each.which % Math.max(1, held.size)];
              if (!lease) continue;
              if (each.how === "break") lease.db.connection.state = "unusable";
              else if (each.how === "begin") lease.db.connection.state = "transaction";
              else if (each.how === "hang") lease.db.connection.isSilent = true;
              else {
                held.delete(lease);
                ended.add(lease);
                if (each.how === "destroy") lease.destroy("test");
                else ending.push(lease.release(inMs(2000)));
              }
            }
            look();
          }

          // Every request ends, and every lease is released.
          driver.script.length = 0;
          for (let round = 0; round < requests.length + 2; round++) {
            await passTime(4000);
            look();
            for (const lease of held) ending.push(lease.release(inMs(2000)));
            for (const lease of held) ended.add(lease);
            held.clear();
          }
          await passTime(4000);
          await Promise.all([...ending, ...requests.map(({ settled }) => settled)]);
          for (const connection of driver.open) connection.isSilent = false;

          // All slots are free, and there are no others.
          const again = Array.from({ length: maxConnections + 1 }, () => request(5000));
          await passTime(2000);
          expect(again.map(({ wanted }) => wanted.lease !== undefined)).toEqual([
            ...Array.from({ length: maxConnections }, () => true),
            false,
          ]);
          expect(driver.open.length).toBe(maxConnections);
          await passTime(3000);
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
