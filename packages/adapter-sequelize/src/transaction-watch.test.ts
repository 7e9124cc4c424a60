import { deadlineIn } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { describe, expect, it } from "vitest";
import { type Invocation, InvocationTracker, NO_INVOCATIONS_KNOWN } from "./running-invocations.js";
import { TransactionWatch, type WatchedConnection } from "./transaction-watch.js";

const newInvocation = (): Invocation => ({ deadline: deadlineIn(1000, systemRuntime.clock) });

function setUp() {
  const invocations = new InvocationTracker();
  const invocation = newInvocation();
  invocations.start(invocation);
  return { invocations, invocation, watch: new TransactionWatch(invocations) };
}

/** A connection that went back into the pool in a transaction. */
function begin(watch: TransactionWatch): { state: WatchedConnection["state"] } {
  const connection = { state: "transaction" as WatchedConnection["state"] };
  watch.noteRelease(connection);
  return connection;
}

describe("a transaction that began with a raw query", () => {
  it("is lost when its connection is", () => {
    const { watch } = setUp();
    const connection = begin(watch);
    expect(watch.isLost).toBe(false);
    connection.state = "unusable";
    expect(watch.isLost).toBe(true);
  });

  it("cannot be lost after its end", () => {
    const { watch } = setUp();
    const connection = begin(watch);
    connection.state = "idle";
    watch.noteRelease(connection);
    connection.state = "unusable";
    expect(watch.isLost).toBe(false);
  });

  it("stays open when another connection is released", () => {
    const { watch } = setUp();
    const connection = begin(watch);
    watch.noteRelease({ state: "idle" });
    connection.state = "unusable";
    expect(watch.isLost).toBe(true);
  });

  it("ends with its invocation", () => {
    const { watch, invocations, invocation } = setUp();
    const connection = begin(watch);
    connection.state = "unusable";
    invocations.end(invocation);
    expect(watch.isLost).toBe(false);
    invocations.start(newInvocation());
    expect(watch.isLost).toBe(false);
  });

  it("is not attributed to one of several invocations", () => {
    const { watch, invocations } = setUp();
    const before = begin(watch);
    before.state = "unusable";
    invocations.start(newInvocation());
    expect(watch.isLost).toBe(false);
    const { watch: other, invocations: both } = setUp();
    both.start(newInvocation());
    begin(other).state = "unusable";
    expect(other.isLost).toBe(false);
  });

  it("is not watched outside of the middleware", () => {
    const watch = new TransactionWatch(NO_INVOCATIONS_KNOWN);
    begin(watch).state = "unusable";
    expect(watch.isLost).toBe(false);
  });
});
