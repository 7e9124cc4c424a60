import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { createVirtualClock } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import type { ConnectionState } from "./driver.js";
import { createLease } from "./lease.js";

const DEADLINE = deadlineIn(1000, createVirtualClock());

type Rollback = "succeeds" | "fails" | "hangs" | "leaves a transaction" | "breaks the connection";

/** A lease on a connection in some state, and a diary of what was done with it. An answer that is about to end leaves it idle. */
function lend(
  state: ConnectionState,
  rollback: Rollback = "succeeds",
  settle = async (): Promise<ConnectionState> => "idle",
) {
  const diary: string[] = [];
  const connection = { state };
  // Also one that begins afterwards, once a failed query has settled.
  const hanging = Promise.withResolvers<void>();
  const lease = createLease(
    { db: connection, revoke: () => diary.push("revoke") },
    {
      stateOf: () => connection.state,
      settled: async () => {
        diary.push("settle");
        connection.state = await settle();
      },
      rollback: async () => {
        diary.push("rollback");
        if (rollback === "hangs") return hanging.promise;
        await Promise.resolve();
        if (rollback === "fails") throw new Error("no answer in time");
        if (rollback === "succeeds") connection.state = "idle";
        if (rollback === "breaks the connection") connection.state = "unusable";
        return undefined;
      },
      keep: () => diary.push(`keep while ${connection.state}`),
      discard: (reason) => diary.push(`discard: ${reason}`),
    },
  );
  return { lease, diary, connection, finishRollback: hanging.resolve };
}

describe("a release", () => {
  it("keeps an idle connection, once the handler's access has ended", async () => {
    const { lease, diary } = lend("idle");
    await lease.release(DEADLINE);
    expect(diary).toEqual(["revoke", "keep while idle"]);
  });

  it("rolls an open transaction back and keeps the connection", async () => {
    const { lease, diary } = lend("transaction");
    await lease.release(DEADLINE);
    expect(diary).toEqual(["revoke", "rollback", "keep while idle"]);
  });

  it("waits for the end of an answer that has begun with an error, and keeps the connection", async () => {
    const { lease, diary } = lend("ending");
    await lease.release(DEADLINE);
    expect(diary).toEqual(["revoke", "settle", "keep while idle"]);
  });

  it("rolls back the transaction that an error has left", async () => {
    const { lease, diary } = lend("ending", "succeeds", async () => "transaction");
    await lease.release(DEADLINE);
    expect(diary).toEqual(["revoke", "settle", "rollback", "keep while idle"]);
  });

  it("throws a connection away whose answer does not end", async () => {
    const { lease, diary } = lend("ending", "succeeds", async () => "ending");
    await lease.release(DEADLINE);
    expect(diary).toEqual(["revoke", "settle", "discard: query in flight"]);
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
  ])("throws a connection away %s", async (_, state, rollback, reason) => {
    const { lease, diary } = lend(state, rollback);
    await lease.release(DEADLINE);
    expect(diary.at(-1)).toBe(`discard: ${reason}`);
    expect(diary.join()).not.toContain("keep");
  });

  it("gives the rollback the deadline that it was given", async () => {
    const rollback = vi.fn(async () => undefined);
    const actions = {
      stateOf: () => "transaction" as const,
      settled: vi.fn(),
      rollback,
      keep: vi.fn(),
      discard: vi.fn(),
    };
    await createLease({ db: {}, revoke: vi.fn() }, actions).release(DEADLINE);
    expect(rollback).toHaveBeenCalledExactlyOnceWith(DEADLINE);
  });

  it("that comes twice waits for the first, and does nothing of its own", async () => {
    const { lease, diary } = lend("transaction");
    await Promise.all([lease.release(DEADLINE), lease.release(DEADLINE)]);
    await lease.release(DEADLINE);
    expect(diary).toEqual(["revoke", "rollback", "keep while idle"]);
  });
});

describe("a destroy", () => {
  it("throws the connection away at once, whatever its state", () => {
    const { lease, diary } = lend("idle");
    lease.destroy("invocation timed out");
    expect(diary).toEqual(["revoke", "discard: invocation timed out"]);
  });

  it("ends a release whose rollback hangs, and the late answer changes nothing", async () => {
    const { lease, diary, connection, finishRollback } = lend("transaction", "hangs");
    const released = lease.release(DEADLINE);
    lease.destroy("closed");
    expect(diary.at(-1)).toBe("discard: closed");
    connection.state = "idle";
    finishRollback();
    await released;
    expect(diary.filter((entry) => /keep|discard/.test(entry))).toEqual(["discard: closed"]);
  });

  it("while an answer ends, leaves nothing to roll back", async () => {
    const { promise, resolve } = Promise.withResolvers<ConnectionState>();
    const { lease, diary } = lend("ending", "succeeds", () => promise);
    const released = lease.release(DEADLINE);
    lease.destroy("closed");
    resolve("transaction");
    await released;
    expect(diary).toEqual(["revoke", "settle", "revoke", "discard: closed"]);
  });

  it("after a release takes nothing back, since the connection may have a new user", async () => {
    const { lease, diary } = lend("idle");
    await lease.release(DEADLINE);
    lease.destroy("too late");
    expect(diary.filter((entry) => entry !== "revoke")).toEqual(["keep while idle"]);
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

  it("ends exactly once and hands nothing dirty on, in whichever order things happen", async () => {
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
          const { lease, diary, connection, finishRollback } = lend(state, rollback);
          const releases: Promise<void>[] = [];
          for (const each of steps) {
            if (each === "release") releases.push(lease.release(DEADLINE));
            else if (each === "destroy") lease.destroy("test");
            else if (each === "turn") await Promise.resolve();
            // What is thrown away does not come back to life.
            else if (connection.state !== "unusable") connection.state = each;
          }
          releases.push(lease.release(DEADLINE));
          finishRollback();
          await Promise.all(releases);

          const ends = diary.filter((entry) => /^(?:keep|discard)/.test(entry));
          expect(ends).toHaveLength(1);
          expect(diary[0]).toBe("revoke");
          expect(diary.filter((entry) => entry === "rollback").length).toBeLessThanOrEqual(1);
          if (ends[0]?.startsWith("keep")) expect(ends[0]).toBe("keep while idle");
        },
      ),
      { numRuns: 1000 },
    );
  });
});
