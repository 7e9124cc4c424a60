import { type SessionState, SessionWatch } from "@rds-proxy/core/adapter";
import { type DatabaseConnection, DummyDriver } from "kysely";
import { expect, it } from "vitest";
import { resolvedOptions } from "../../core/src/testing/resolved-options.js";
import { ConnectionSessions } from "./connection-sessions.js";

const open = (): Promise<DatabaseConnection> => new DummyDriver().acquireConnection();
const startSession = (): SessionState => new SessionWatch(resolvedOptions());

/** Acquires as Kysely's drivers do: asks the pool, and makes a connection of what it hands out. */
function acquireOf(sessions: ConnectionSessions, handedOut: Promise<SessionState | undefined>) {
  return async (): Promise<DatabaseConnection> => {
    const note = sessions.asked();
    note(await handedOut);
    return await open();
  };
}

it("each of the connections that are acquired at a time has its own session", async () => {
  const sessions = new ConnectionSessions();
  const [first, second] = [startSession(), startSession()];
  const { promise: handedOutLast, resolve } = Promise.withResolvers<SessionState>();
  const late = sessions.follow(acquireOf(sessions, handedOutLast));
  const early = await sessions.follow(acquireOf(sessions, Promise.resolve(second)));
  resolve(first);
  expect(sessions.of(early)).toBe(second);
  expect(sessions.of(await late)).toBe(first);
});

it("a connection whose pool knows no session has none, and neither has one that was not acquired here", async () => {
  const sessions = new ConnectionSessions();
  const foreign = await sessions.follow(acquireOf(sessions, Promise.resolve(undefined)));
  expect([sessions.of(foreign), sessions.of(await open())]).toEqual([undefined, undefined]);
});

it("what the pool hands out to others is not taken for the connection that is being acquired", async () => {
  const sessions = new ConnectionSessions();
  const own = startSession();
  const { promise: opened, resolve } = Promise.withResolvers<DatabaseConnection>();
  const acquiring = sessions.follow(() => {
    sessions.asked()(own);
    return opened;
  });
  sessions.asked()(startSession());
  resolve(open());
  expect(sessions.of(await acquiring)).toBe(own);
});
