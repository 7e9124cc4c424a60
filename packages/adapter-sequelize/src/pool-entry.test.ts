import { onRdsProxyEvent } from "@rds-proxy/core";
import { deadlineIn, resolveOptions } from "@rds-proxy/core/adapter";
import { describe, expect, it, onTestFinished } from "vitest";
import { PoolEntry } from "./pool-entry.js";
import { type Invocation, InvocationTracker, NO_INVOCATIONS_KNOWN } from "./running-invocations.js";
import { ScriptedConnection } from "./testing/scripted-connection.js";

const options = resolveOptions({ host: "localhost", user: "app", region: "eu-west-1" }, "postgres");
const { clock } = options.runtime;
const newInvocation = (): Invocation => ({ deadline: deadlineIn(1000, clock) });

function createEntry(
  invocations: InvocationTracker | typeof NO_INVOCATIONS_KNOWN = new InvocationTracker(),
  sessionState?: "discard" | "keep",
) {
  const connection = new ScriptedConnection();
  const removed: string[] = [];
  const entry = new PoolEntry(connection, { ...options, sessionState }, invocations, async () => {
    removed.push("removed");
    throw new Error("a hook of the user's");
  });
  return { connection, entry, removed };
}

/** One that was used before. */
function createUsedEntry(...given: Parameters<typeof createEntry>) {
  const created = createEntry(...given);
  created.entry.take(new Set());
  created.entry.putBack();
  return created;
}

/** One that was used before, and validated for the only invocation. */
async function createValidatedEntry() {
  const invocations = new InvocationTracker();
  invocations.start(newInvocation());
  const created = createUsedEntry(invocations);
  await created.entry.validate();
  return { invocations, ...created };
}

describe("an entry of the pool", () => {
  it("needs no check when its connection is new", async () => {
    const { connection, entry } = createEntry();
    expect(await entry.validate()).toBe(true);
    expect(connection.log).toEqual([]);
  });

  it("is checked again after its first use", async () => {
    const { connection, entry } = createUsedEntry();
    expect(await entry.validate()).toBe(true);
    expect(connection.log).toEqual(["isFit"]);
  });

  it("is validated once for all callers that ask meanwhile", async () => {
    const { connection, entry } = createUsedEntry(NO_INVOCATIONS_KNOWN);
    expect(await Promise.all([entry.validate(), entry.validate()])).toEqual([true, true]);
    expect(connection.log).toEqual(["isFit"]);
    await entry.validate();
    expect(connection.log).toEqual(["isFit", "isFit"]);
  });

  it("stays known as fit for the period in which it was validated", async () => {
    const invocations = new InvocationTracker();
    const one = newInvocation();
    invocations.start(one);
    const { connection, entry } = createUsedEntry(invocations);
    expect(entry.isKnownFit).toBe(false);
    await entry.validate();
    expect(entry.isKnownFit).toBe(true);
    expect(await entry.validate()).toBe(true);
    expect(connection.log).toEqual(["isFit"]);
    invocations.end(one);
    invocations.start(one);
    expect(entry.isKnownFit).toBe(false);
  });

  it("is never known as fit outside of the middleware", async () => {
    const { entry } = createUsedEntry(NO_INVOCATIONS_KNOWN);
    await entry.validate();
    expect(entry.isKnownFit).toBe(false);
  });

  it("with an open transaction is known as fit for the only invocation, and not beside another", async () => {
    const { invocations, connection, entry } = await createValidatedEntry();
    entry.take(invocations.current);
    entry.putBack();
    connection.state = "transaction";
    expect(entry.isKnownFit).toBe(true);
    invocations.start(newInvocation());
    expect(entry.isKnownFit).toBe(false);
  });

  it("with an open transaction is not known as fit for one of two invocations that ran when it was left open", async () => {
    const invocations = new InvocationTracker();
    const other = newInvocation();
    for (const invocation of [newInvocation(), other]) invocations.start(invocation);
    const { connection, entry } = createUsedEntry(invocations);
    await entry.validate();
    entry.take(invocations.current);
    entry.putBack();
    connection.state = "transaction";
    invocations.end(other);
    expect(entry.isKnownFit).toBe(false);
  });

  it.each([
    ["the same invocation alone", ["one"], ["one"], false],
    ["it and another", ["one"], ["one", "two"], true],
    ["another", ["one"], ["two"], true],
    ["none, as the initialization", ["one"], [], true],
    ["those that ran when it was left open", ["one", "two"], ["one", "two"], true],
  ] as const)(
    "with an open transaction for a request that was made while there ran %s",
    (_, users, requestedBy, isOther) => {
      const invocations = { one: newInvocation(), two: newInvocation() };
      const setOf = (names: readonly ("one" | "two")[]) => new Set(names.map((name) => invocations[name]));
      const { connection, entry } = createEntry();
      connection.state = "transaction";
      // What a hook of the user's began belongs to the connection.
      expect(entry.isInTransactionOfOther(setOf(requestedBy))).toBe(false);
      entry.take(setOf(users));
      entry.putBack();
      expect(entry.isInTransactionOfOther(setOf(requestedBy))).toBe(isOther);
      connection.state = "idle";
      expect(entry.isInTransactionOfOther(setOf(requestedBy))).toBe(false);
    },
  );

  it("is not known as fit during a validation, which may roll back", async () => {
    const { connection, entry } = await createValidatedEntry();
    connection.state = "ending";
    const validation = entry.validate();
    connection.state = "idle";
    expect(entry.isKnownFit).toBe(false);
    await validation;
    expect(entry.isKnownFit).toBe(true);
  });

  it("waits for the state after an error, and rolls back what an earlier invocation left open", async () => {
    const { connection, entry } = createUsedEntry();
    connection.state = "ending";
    expect(await entry.validate()).toBe(true);
    connection.state = "transaction";
    expect(await entry.validate()).toBe(true);
    expect(connection.log).toEqual(["untilSettled", "isFit", "rollback", "isFit"]);
  });

  it.each([
    [
      "does not answer the rollback",
      { answersRollback: false, state: "transaction" },
      ["rollback", "destroy"],
    ],
    ["does not answer the ping", { answersPing: false }, ["isFit", "destroy"]],
  ] as const)("is destroyed, reported and removed when the server %s", async (_, script, log) => {
    const discarded: string[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => discarded.push(reason)));
    const { connection, entry, removed } = createUsedEntry();
    Object.assign(connection, script);
    expect(await entry.validate()).toBe(false);
    expect(connection.log).toEqual(log);
    expect(removed).toEqual(["removed"]);
    expect(discarded).toEqual(["not fit for use after idling"]);
  });

  it("is outlived when it is in use and all invocations that may use it have ended", () => {
    const invocations = new InvocationTracker();
    const [one, two] = [newInvocation(), newInvocation()];
    invocations.start(one);
    invocations.start(two);
    const { entry } = createEntry(invocations);
    entry.take(invocations.current);
    invocations.end(one);
    expect(entry.isOutlived).toBe(false);
    invocations.end(two);
    expect(entry.isOutlived).toBe(true);
    entry.putBack();
    expect(entry.isOutlived).toBe(false);
  });

  it("is destroyed once, with the first reason", () => {
    const { connection, entry, removed } = createEntry();
    const discarded: string[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => discarded.push(reason)));
    entry.destroy("one");
    entry.destroy("two");
    expect([connection.log, removed, discarded]).toEqual([["destroy"], ["removed"], ["one"]]);
  });

  it("is closed in order, and removed from the pool, whatever the user's hooks do", async () => {
    const { connection, entry, removed } = createEntry();
    await entry.end();
    expect([connection.log, removed]).toEqual([["end"], ["removed"]]);
  });

  it.each([
    ["transaction", true],
    ["busy", true],
    ["idle", false],
    ["ending", false],
    ["unusable", false],
  ] as const)("in the state %s was left open: %s", (state, isDirty) => {
    const { connection, entry } = createEntry();
    connection.state = state;
    expect(entry.isDirty).toBe(isDirty);
  });

  it("is rolled back, or destroyed if that fails", async () => {
    const discarded: string[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => discarded.push(reason)));
    const { connection, entry } = createUsedEntry();
    connection.state = "transaction";
    await entry.rollBackOrDestroy(deadlineIn(1000, clock));
    expect([connection.state, connection.log]).toEqual(["idle", ["rollback"]]);
    connection.answersRollback = false;
    await entry.rollBackOrDestroy(deadlineIn(1000, clock));
    expect([connection.state, discarded]).toEqual(["unusable", ["rollback failed"]]);
  });

  it("revokes the connection before it destroys it", () => {
    const { connection, entry } = createEntry();
    entry.revoke("closed");
    expect(connection.log).toEqual(["revoke", "destroy"]);
  });
});

describe("session state of an entry", () => {
  it("that was set up while connecting is the connection's", async () => {
    const { connection, entry } = createEntry();
    connection.sessionState = ["set"];
    await entry.validate();
    entry.take(new Set());
    entry.putBack();
    entry.endSessionState();
    expect(connection.log).toEqual([]);
  });

  it("ends with an idle connection at once", () => {
    const { connection, entry, removed } = createUsedEntry();
    connection.sessionState = ["set"];
    entry.endSessionState();
    expect(connection.log).toContain("destroy");
    expect(removed).toEqual(["removed"]);
  });

  it("ends with a connection in use when that is put back", () => {
    const { connection, entry } = createUsedEntry();
    entry.take(new Set());
    connection.sessionState = ["set"];
    entry.endSessionState();
    expect(connection.log).not.toContain("destroy");
    entry.putBack();
    entry.endUse();
    expect(connection.log).toContain("destroy");
  });

  it.each([
    ["without known invocations", NO_INVOCATIONS_KNOWN, "discard", ["destroy"]],
    ["without known invocations, by default", NO_INVOCATIONS_KNOWN, undefined, ["reportKeptState"]],
    ["of an invocation that runs", new InvocationTracker(), "discard", []],
    ["of an invocation that runs, by default", new InvocationTracker(), undefined, []],
    ["of an invocation, if it is kept", new InvocationTracker(), "keep", ["reportKeptState"]],
  ] as const)("%s, after a use", (_, invocations, sessionState, log) => {
    const { connection, entry } = createUsedEntry(invocations, sessionState);
    connection.sessionState = ["set"];
    expect(entry.endUse()).toBe(log.some((call) => call === "destroy"));
    expect(connection.log).toEqual(log);
  });

  it("does not end a connection without any", () => {
    for (const invocations of [NO_INVOCATIONS_KNOWN, new InvocationTracker()]) {
      const { connection, entry } = createUsedEntry(invocations, "discard");
      expect(entry.endUse()).toBe(false);
      entry.endSessionState();
      expect(entry.endUse()).toBe(false);
      expect(connection.log).toEqual([]);
    }
  });

  it("is not reported of a connection that is lost", () => {
    const { connection, entry } = createUsedEntry(NO_INVOCATIONS_KNOWN);
    connection.state = "unusable";
    entry.endUse();
    expect(connection.log).toEqual([]);
  });

  it("that ends during a validation makes the connection unfit", async () => {
    const discarded: string[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => discarded.push(reason)));
    const { connection, entry } = createUsedEntry();
    connection.isFit = async () => {
      connection.sessionState = ["set"];
      entry.endSessionState();
      return true;
    };
    expect(await entry.validate()).toBe(false);
    expect(discarded).toEqual(["session state: set"]);
  });

  it("that has ended makes a connection unfit for the invocation whose transaction is open there", async () => {
    const { invocations, connection, entry } = await createValidatedEntry();
    entry.take(invocations.current);
    connection.state = "transaction";
    connection.sessionState = ["set"];
    entry.endSessionState();
    entry.putBack();
    expect(entry.isKnownFit).toBe(false);
  });

  it("is reported when a connection goes back into a pool that keeps it", () => {
    const { connection, entry } = createUsedEntry(NO_INVOCATIONS_KNOWN);
    connection.sessionState = ["set"];
    entry.endUse();
    expect(connection.log).toEqual(["reportKeptState"]);
    const open = createUsedEntry(NO_INVOCATIONS_KNOWN);
    open.connection.state = "transaction";
    open.entry.endUse();
    expect(open.connection.log).toEqual([]);
    const ofInvocation = createUsedEntry();
    ofInvocation.entry.endUse();
    expect(ofInvocation.connection.log).toEqual([]);
  });

  it("makes a connection unfit whose transaction is still open", async () => {
    const { connection, entry } = createUsedEntry();
    connection.sessionState = ["set"];
    connection.state = "transaction";
    entry.endSessionState();
    expect(connection.log).not.toContain("destroy");
    expect(entry.isKnownFit).toBe(false);
    expect(await entry.validate()).toBe(false);
    expect(connection.log).toContain("destroy");
  });
});
