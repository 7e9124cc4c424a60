import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { createVirtualClock } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import type { ConnectionState } from "./driver.js";
import { createLease } from "./lease.js";

const DEADLINE = deadlineIn(1000, createVirtualClock());

type Rollback = "succeeds" | "fails" | "hangs" | "leaves a transaction" | "breaks the connection";

/** A lease on a connection in some state, and a log of what was done with it. After an answer that ends it is idle by default. */
function createScriptedLease(
  state: ConnectionState,
  rollback: Rollback = "succeeds",
  settle = async (): Promise<ConnectionState> => "idle",
  stateLeft: readonly string[] | Promise<readonly string[]> = [],
) {
  const log: string[] = [];
  const connection = { state };
  // Also one that begins afterwards, once a failed query has settled.
  const hanging = Promise.withResolvers<void>();
  const lease = createLease(
    { db: connection, revoke: () => log.push("revoke") },
    {
      stateOf: () => connection.state,
      untilSettled: async () => {
        log.push("settle");
        connection.state = await settle();
      },
      rollback: async () => {
        log.push("rollback");
        if (rollback === "hangs") return hanging.promise;
        await Promise.resolve();
        if (rollback === "fails") throw new Error("no answer in time");
        if (rollback === "succeeds") connection.state = "idle";
        if (rollback === "breaks the connection") connection.state = "unusable";
        return undefined;
      },
      stateLeft: () => stateLeft,
      keep: () => log.push(`keep while ${connection.state}`),
      destroy: (reason) => log.push(`destroy: ${reason}`),
    },
  );
  return { lease, log, connection, finishRollback: hanging.resolve };
}

describe("a release", () => {
  it("keeps an idle connection, after the view is revoked", async () => {
    const { lease, log } = createScriptedLease("idle");
    await lease.release(DEADLINE);
    expect(log).toEqual(["revoke", "keep while idle"]);
  });

  it("rolls an open transaction back and keeps the connection", async () => {
    const { lease, log } = createScriptedLease("transaction");
    await lease.release(DEADLINE);
    expect(log).toEqual(["revoke", "rollback", "keep while idle"]);
  });

  it.each<ConnectionState>(["idle", "transaction"])(
    "destroys a connection with session state left: %s",
    async (state) => {
      const { lease, log } = createScriptedLease(state, "succeeds", undefined, ["set", "listen"]);
      await lease.release(DEADLINE);
      expect(log.at(-1)).toBe("destroy: session state: set, listen");
      expect(log).not.toContain("keep while idle");
    },
  );

  it.each<[string, () => Promise<readonly string[]>, string]>([
    ["keeps a connection", async () => [], "keep while idle"],
    ["destroys a connection with state left", async () => ["set"], "destroy: session state: set"],
    [
      "destroys a connection whose statements cannot be read",
      () => Promise.reject(new Error("no such chunk")),
      "destroy: session state: unknown",
    ],
  ])("%s once its statements have been read", async (_, stateLeft, end) => {
    const { lease, log } = createScriptedLease("idle", "succeeds", undefined, stateLeft());
    await lease.release(DEADLINE);
    expect(log).toEqual(["revoke", end]);
  });

  it("waits for the end of an answer that has begun with an error, and keeps the connection", async () => {
    const { lease, log } = createScriptedLease("ending");
    await lease.release(DEADLINE);
    expect(log).toEqual(["revoke", "settle", "keep while idle"]);
  });

  it("rolls back the transaction that an error has left", async () => {
    const { lease, log } = createScriptedLease("ending", "succeeds", async () => "transaction");
    await lease.release(DEADLINE);
    expect(log).toEqual(["revoke", "settle", "rollback", "keep while idle"]);
  });

  it("destroys a connection whose answer does not end", async () => {
    const { lease, log } = createScriptedLease("ending", "succeeds", async () => "ending");
    await lease.release(DEADLINE);
    expect(log).toEqual(["revoke", "settle", "destroy: query in flight"]);
  });

  it.each<[string, ConnectionState, Rollback, string]>([
    ["whose query is in flight", "busy", "succeeds", "query in flight"],
    ["that must not be used again", "unusable", "succeeds", "unusable"],
    ["whose transaction cannot be rolled back", "transaction", "fails", "rollback failed"],
    [
      "whose transaction is still open afterwards",
      "transaction",
      "leaves a transaction",
      "not idle after rollback",
    ],
    ["that broke while rolling back", "transaction", "breaks the connection", "not idle after rollback"],
  ])("destroys a connection %s", async (_, state, rollback, reason) => {
    const { lease, log } = createScriptedLease(state, rollback);
    await lease.release(DEADLINE);
    expect(log.at(-1)).toBe(`destroy: ${reason}`);
    expect(log.join()).not.toContain("keep");
  });

  it("passes its deadline to the rollback", async () => {
    const rollback = vi.fn(async () => undefined);
    const actions = {
      stateOf: () => "transaction" as const,
      untilSettled: vi.fn(),
      rollback,
      stateLeft: () => [],
      keep: vi.fn(),
      destroy: vi.fn(),
    };
    await createLease({ db: {}, revoke: vi.fn() }, actions).release(DEADLINE);
    expect(rollback).toHaveBeenCalledExactlyOnceWith(DEADLINE);
  });

  it("that is called twice waits for the first call, and has no effect of its own", async () => {
    const { lease, log } = createScriptedLease("transaction");
    await Promise.all([lease.release(DEADLINE), lease.release(DEADLINE)]);
    await lease.release(DEADLINE);
    expect(log).toEqual(["revoke", "rollback", "keep while idle"]);
  });
});

describe("a destroy", () => {
  it("destroys the connection at once, whatever its state", () => {
    const { lease, log } = createScriptedLease("idle");
    lease.destroy("invocation timed out");
    expect(log).toEqual(["revoke", "destroy: invocation timed out"]);
  });

  it("ends a release whose rollback hangs, and the late answer changes nothing", async () => {
    const { lease, log, connection, finishRollback } = createScriptedLease("transaction", "hangs");
    const released = lease.release(DEADLINE);
    lease.destroy("closed");
    expect(log.at(-1)).toBe("destroy: closed");
    connection.state = "idle";
    finishRollback();
    await released;
    expect(log.filter((entry) => /keep|destroy/.test(entry))).toEqual(["destroy: closed"]);
  });

  it("while an answer ends, leaves nothing to roll back", async () => {
    const { promise, resolve } = Promise.withResolvers<ConnectionState>();
    const { lease, log } = createScriptedLease("ending", "succeeds", () => promise);
    const released = lease.release(DEADLINE);
    lease.destroy("closed");
    resolve("transaction");
    await released;
    expect(log).toEqual(["revoke", "settle", "revoke", "destroy: closed"]);
  });

  it("leaves nothing to do for a release, whatever the connection reports then", async () => {
    const { lease, log, connection } = createScriptedLease("idle");
    lease.destroy("invocation timed out");
    for (const state of ["ending", "transaction"] as const) {
      connection.state = state;
      await lease.release(DEADLINE);
    }
    expect(log).toEqual(["revoke", "destroy: invocation timed out"]);
  });

  it("after a release takes nothing back, since the connection may have a new user", async () => {
    const { lease, log } = createScriptedLease("idle");
    await lease.release(DEADLINE);
    lease.destroy("too late");
    expect(log.filter((entry) => entry !== "revoke")).toEqual(["keep while idle"]);
  });
});

describe("a lease", () => {
  type Step = "release" | "destroy" | "turn" | ConnectionState;
  const step = fc.constantFrom<Step>(
    "release",
    "destroy",
    "turn",
    "idle",
    "transaction",
    "busy",
    "ending",
    "unusable",
  );

  it("ends exactly once and keeps no unclean connection, whatever the order of events", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<ConnectionState>("idle", "transaction", "busy", "ending", "unusable"),
        fc.constantFrom<Rollback>(
          "succeeds",
          "fails",
          "hangs",
          "leaves a transaction",
          "breaks the connection",
        ),
        fc.array(step, { maxLength: 12 }),
        async (state, rollback, steps) => {
          const { lease, log, connection, finishRollback } = createScriptedLease(state, rollback);
          const releases: Promise<void>[] = [];
          for (const each of steps) {
            if (each === "release") releases.push(lease.release(DEADLINE));
            else if (each === "destroy") lease.destroy("test");
            else if (each === "turn") await Promise.resolve();
            // A destroyed connection stays unusable.
            else if (connection.state !== "unusable") connection.state = each;
          }
          releases.push(lease.release(DEADLINE));
          finishRollback();
          await Promise.all(releases);

          const ends = log.filter((entry) => /^(?:keep|destroy)/.test(entry));
          expect(ends).toHaveLength(1);
          expect(log[0]).toBe("revoke");
          expect(log.filter((entry) => entry === "rollback").length).toBeLessThanOrEqual(1);
          if (ends[0]?.startsWith("keep")) expect(ends[0]).toBe("keep while idle");
        },
      ),
      { numRuns: 1000 },
    );
  });
});
