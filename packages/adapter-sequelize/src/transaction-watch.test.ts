import { deadlineIn } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { ConnectionError } from "sequelize";
import { describe, expect, it } from "vitest";
import { type Invocation, InvocationTracker, NO_INVOCATIONS_KNOWN } from "./running-invocations.js";
import {
  lostTransaction,
  TransactionWatch,
  unknownSender,
  type WatchedConnection,
} from "./transaction-watch.js";

const newInvocation = (): Invocation => ({ deadline: deadlineIn(1000, systemRuntime.clock) });

function setUp() {
  const invocations = new InvocationTracker();
  const invocation = newInvocation();
  invocations.start(invocation);
  const watch = new TransactionWatch(invocations);
  /** A connection that went back into the pool in a transaction. */
  const begin = (users = invocations.current): { state: WatchedConnection["state"] } => {
    const connection = { state: "transaction" as WatchedConnection["state"] };
    watch.noteRelease(connection, users);
    return connection;
  };
  return { invocations, invocation, watch, begin };
}

describe("a transaction that began with a raw query", () => {
  it("is lost when its connection is", () => {
    const { watch, begin } = setUp();
    const connection = begin();
    expect(watch.isLost).toBe(false);
    connection.state = "unusable";
    expect(watch.isLost).toBe(true);
  });

  it.each(["alone", "beside another invocation"])("cannot be lost after its end, %s", (how) => {
    const { watch, invocations, begin } = setUp();
    const connection = begin();
    const other = newInvocation();
    if (how !== "alone") invocations.start(other);
    connection.state = "idle";
    watch.noteRelease(connection, invocations.current);
    invocations.end(other);
    connection.state = "unusable";
    expect(watch.isLost).toBe(false);
  });

  it("stays open when another connection is released", () => {
    const { watch, invocations, begin } = setUp();
    const connection = begin();
    watch.noteRelease({ state: "idle" }, invocations.current);
    connection.state = "unusable";
    expect(watch.isLost).toBe(true);
  });

  it("ends with its invocation", () => {
    const { watch, invocations, invocation, begin } = setUp();
    const connection = begin();
    connection.state = "unusable";
    invocations.end(invocation);
    expect(watch.isLost).toBe(false);
    invocations.start(newInvocation());
    expect(watch.isLost).toBe(false);
  });

  it("is not attributed to one of several invocations", () => {
    const { watch, invocations, begin } = setUp();
    begin().state = "unusable";
    invocations.start(newInvocation());
    expect(watch.isLost).toBe(false);
    const both = setUp();
    both.invocations.start(newInvocation());
    both.begin().state = "unusable";
    expect(both.watch.isLost).toBe(false);
  });

  it("is not attributed to the last of several invocations of which one sent the statement", () => {
    const { watch, invocations, begin } = setUp();
    const other = newInvocation();
    invocations.start(other);
    const both = invocations.current;
    invocations.end(other);
    begin(both).state = "unusable";
    expect(watch.isLost).toBe(false);
  });

  it.each(["idle", "busy", "ending"] as const)(
    "is not one on a connection that is released in the state %s",
    (state) => {
      const { watch, invocations } = setUp();
      const connection: { state: WatchedConnection["state"] } = { state };
      watch.noteRelease(connection, invocations.current);
      connection.state = "unusable";
      expect(watch.isLost).toBe(false);
    },
  );

  it("stays open while its connection is released in use", () => {
    const { watch, invocations, begin } = setUp();
    const connection = begin();
    connection.state = "busy";
    watch.noteRelease(connection, invocations.current);
    connection.state = "unusable";
    expect(watch.isLost).toBe(true);
  });

  it("is not watched outside of the middleware", () => {
    const { current } = NO_INVOCATIONS_KNOWN;
    const watch = new TransactionWatch(NO_INVOCATIONS_KNOWN);
    const connection = { state: "transaction" as WatchedConnection["state"] };
    watch.noteRelease(connection, current);
    connection.state = "unusable";
    expect(watch.isLost).toBe(false);
  });
});

describe("the error", () => {
  it("of later statements of a lost transaction is Sequelize's own, with a driver's code", () => {
    const error = lostTransaction();
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.parent).toMatchObject({
      code: "ECONNRESET",
      message:
        "The connection was lost between two statements of a transaction, and the server has rolled it back.",
    });
  });

  it("of a statement of unknown sender says what to do", () => {
    expect(unknownSender()).toMatchObject({
      code: "RDS_PROXY_UNSUPPORTED",
      message:
        "The statement was not sent. An invocation has a transaction open that began with a raw BEGIN, and the statement " +
        "was requested while others ran as well, so it may not be part of it. Use sequelize.transaction(), and await " +
        "every query before the handler returns.",
    });
  });
});
