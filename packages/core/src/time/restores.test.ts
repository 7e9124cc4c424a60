import { describe, expect, it } from "vitest";
import { START } from "../testing/virtual-clock.js";
import { createSteadyTime } from "./clock.js";
import { Restores } from "./restores.js";

const SNAP_START = { AWS_LAMBDA_INITIALIZATION_TYPE: "snap-start" };
const NEVER = Number.NEGATIVE_INFINITY;

/** The restores of a process whose wall clock and monotonic clock a test moves. */
function createProcess(env: Record<string, string>) {
  let wall = START;
  let monotonic = 0;
  const steady = createSteadyTime(
    () => wall,
    () => monotonic,
  );
  const clock = {
    now: () => wall,
    ...steady,
    sleep: async () => undefined,
    startTimer: () => () => undefined,
  };
  return {
    restores: new Restores(clock, env),
    now: clock.steadyMs,
    pass(ms: number) {
      wall += ms;
      monotonic += ms;
    },
    suspend(ms: number) {
      wall += ms;
    },
  };
}

describe("restores from a snapshot", () => {
  it("are those that a hook reports", () => {
    const { restores, now, pass } = createProcess({});
    expect(restores.restoredAt).toBe(NEVER);
    pass(10);
    restores.noteRestore();
    expect(restores.restoredAt).toBe(now());
  });

  it("are none without SnapStart, whatever suspends the process", () => {
    const { restores, suspend } = createProcess({ AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand" });
    expect(restores.isSnapshotAhead).toBe(false);
    suspend(60_000);
    restores.noteInvocation();
    expect(restores.restoredAt).toBe(NEVER);
  });

  it("show with SnapStart by the first suspension, not by later freezes", () => {
    const { restores, now, pass, suspend } = createProcess(SNAP_START);
    pass(60_000);
    expect(restores.restoredAt).toBe(NEVER);
    expect(restores.isSnapshotAhead).toBe(true);
    suspend(1000);
    const restoredAt = now();
    expect(restores.restoredAt).toBe(restoredAt);
    expect(restores.isSnapshotAhead).toBe(false);
    suspend(60_000);
    restores.noteInvocation();
    expect(restores.restoredAt).toBe(restoredAt);
  });

  it("do not show by less than a second, by which the wall clock may be set", () => {
    const { restores, suspend } = createProcess(SNAP_START);
    suspend(999);
    expect(restores.restoredAt).toBe(NEVER);
  });

  it("show with SnapStart by the first invocation, where no clock shows them", () => {
    const { restores, now, pass } = createProcess(SNAP_START);
    pass(60_000);
    const restoredAt = now();
    restores.noteInvocation();
    pass(60_000);
    restores.noteInvocation();
    expect(restores.restoredAt).toBe(restoredAt);
  });

  it("are noticed before a connection is opened, which is not older than they are", () => {
    const { restores, now, pass, suspend } = createProcess(SNAP_START);
    suspend(60_000);
    restores.notice();
    const connectedAt = now();
    pass(1000);
    suspend(60_000);
    expect(restores.restoredAt).toBe(connectedAt);
  });

  it("show by the suspension after an invocation that was only for the initialisation", () => {
    const { restores, now, pass, suspend } = createProcess(SNAP_START);
    restores.noteInvocation();
    pass(1000);
    suspend(60_000);
    expect(restores.restoredAt).toBe(now());
  });
});
