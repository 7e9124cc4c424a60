import { type Deadline, resolveOptions } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { describe, expect, it } from "vitest";
import {
  type Invocation,
  InvocationTracker,
  isSameSingle,
  NO_INVOCATIONS_KNOWN,
} from "./running-invocations.js";

const { clock } = systemRuntime;
const options = resolveOptions(
  { host: "localhost", user: "app", region: "eu-west-1", acquireTimeoutMs: 500 },
  "postgres",
  { ...systemRuntime, clock: { ...clock, steadyMs: () => 1000 } },
);

const until = (at: number): Deadline => ({ at, whenPassed: () => () => undefined, remainingMs: () => 0 });
const invocationUntil = (at: number): Invocation => ({ deadline: until(at) });

describe("the invocations of two moments", () => {
  const invocations = { one: invocationUntil(1), two: invocationUntil(2) };
  const setOf = (names: readonly ("one" | "two")[]) => new Set(names.map((name) => invocations[name]));

  it.each([
    [["one"], ["one"], true],
    [["one"], ["two"], false],
    [["one"], ["one", "two"], false],
    [["one", "two"], ["one"], false],
    [["one", "two"], ["one", "two"], false],
    [["one"], [], false],
    [[], ["one"], false],
    [[], [], false],
  ] as const)("%j and %j are a single one: %s", (before, after, isSame) => {
    expect(isSameSingle(setOf(before), setOf(after))).toBe(isSame);
  });
});

describe("running invocations", () => {
  it("accept the initialization's statements, and refuse those between two invocations", () => {
    const invocations = new InvocationTracker();
    expect(() => invocations.refuseOutlivedWork()).not.toThrow();
    const one = invocationUntil(1);
    invocations.start(one);
    expect(() => invocations.refuseOutlivedWork()).not.toThrow();
    invocations.end(one);
    expect(() => invocations.refuseOutlivedWork()).toThrow(/after its invocation had ended/);
  });

  it("that ran at one moment have ended when the last of them has", () => {
    const invocations = new InvocationTracker();
    const [one, two, three] = [invocationUntil(1), invocationUntil(2), invocationUntil(3)];
    invocations.start(one);
    invocations.start(two);
    const both = invocations.current;
    invocations.start(three);
    invocations.end(one);
    expect(invocations.haveEnded(both)).toBe(false);
    invocations.end(two);
    expect(invocations.haveEnded(both)).toBe(true);
    expect(invocations.isEmpty).toBe(false);
    expect(invocations.isSingle).toBe(true);
  });

  it("are known, and alone if there is one", () => {
    const invocations = new InvocationTracker();
    const [one, two] = [invocationUntil(1), invocationUntil(2)];
    expect(invocations).toMatchObject({ areKnown: true, isEmpty: true, isSingle: false, period: 0 });
    invocations.start(one);
    const alone = invocations.current;
    expect(invocations).toMatchObject({ isEmpty: false, isSingle: true, period: 1 });
    invocations.start(two);
    expect(invocations.isSingle).toBe(false);
    expect(alone).toEqual(new Set([one]));
    invocations.end(two);
    invocations.end(one);
    invocations.start(two);
    expect(invocations.period).toBe(2);
  });

  it("of a moment in which none ran have not ended", () => {
    const invocations = new InvocationTracker();
    expect(invocations.haveEnded(invocations.current)).toBe(false);
  });

  it("begin a new period after a moment in which none ran", () => {
    const invocations = new InvocationTracker();
    const [one, two] = [invocationUntil(1), invocationUntil(2)];
    invocations.start(one);
    const first = invocations.period;
    invocations.start(two);
    invocations.end(one);
    expect(invocations.period).toBe(first);
    invocations.end(two);
    invocations.start(one);
    expect(invocations.period).not.toBe(first);
  });

  it("may wait until the longest deadline, and no longer than acquireTimeoutMs", () => {
    const invocations = new InvocationTracker();
    expect(invocations.deadlineFor(options).at).toBe(1500);
    for (const at of [1200, 1300, 1100]) invocations.start(invocationUntil(at));
    expect(invocations.deadlineFor(options).at).toBe(1300);
    invocations.start(invocationUntil(9000));
    expect(invocations.deadlineFor(options).at).toBe(1500);
  });
});

describe("an instance outside of the middleware", () => {
  it("knows no invocation that could have ended, and no period that lasts", () => {
    const { current, period } = NO_INVOCATIONS_KNOWN;
    expect(NO_INVOCATIONS_KNOWN).toMatchObject({ areKnown: false, isSingle: false, current: new Set() });
    expect(NO_INVOCATIONS_KNOWN.haveEnded(current)).toBe(false);
    expect(NO_INVOCATIONS_KNOWN.haveEnded(new Set([invocationUntil(1)]))).toBe(false);
    expect(period === NO_INVOCATIONS_KNOWN.period).toBe(false);
    expect(() => NO_INVOCATIONS_KNOWN.refuseOutlivedWork()).not.toThrow();
    expect(NO_INVOCATIONS_KNOWN.deadlineFor(options).at).toBe(1500);
  });
});
