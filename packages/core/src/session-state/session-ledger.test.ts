import { expect, test } from "vitest";
import { SessionLedger } from "./session-ledger.js";

test("keeps what lasts longer than its transaction, in order and once", () => {
  const ledger = new SessionLedger();
  ledger.add(["sequence-function", "listen", "set-local", "set", "cursor", "listen"], false);
  expect(ledger.state).toEqual(["listen", "set"]);
  expect(ledger.isDirty).toBe(true);
});

test("what only pins is no state", () => {
  const ledger = new SessionLedger();
  expect(ledger.add(["prepared-statement"], false)).toBe("prepared-statement");
  expect(ledger.isDirty).toBe(false);
  expect(ledger.pinnedBy).toBe("prepared-statement");
});

test("a session is pinned once, by the first effect that pins", () => {
  const ledger = new SessionLedger();
  expect(ledger.add(["use-database"], false)).toBeUndefined();
  expect(ledger.add(["set-tracked-variable", "named-lock", "set-variable"], false)).toBe("named-lock");
  expect(ledger.add(["set-variable"], false)).toBeUndefined();
  expect(ledger.pinnedBy).toBe("named-lock");
});

test("a rollback takes back what a transaction set, but no lock and no prepared statement", () => {
  const ledger = new SessionLedger();
  ledger.add(["set", "advisory-lock", "temporary-object", "prepare"], true);
  ledger.ended("rollback");
  expect(ledger.state).toEqual(["advisory-lock", "prepare"]);
});

test("a rollback takes nothing back that came before its transaction", () => {
  const ledger = new SessionLedger();
  ledger.add(["set"], false);
  ledger.add(["listen"], true);
  ledger.ended("rollback");
  expect(ledger.state).toEqual(["set"]);
});

test("a commit keeps what a transaction set", () => {
  const ledger = new SessionLedger();
  ledger.add(["set"], true);
  ledger.ended("commit");
  ledger.ended("rollback");
  expect(ledger.state).toEqual(["set"]);
});

test("what was set for the next transaction ends when one begins", () => {
  const ledger = new SessionLedger();
  ledger.add(["next-transaction"], false);
  expect(ledger.state).toEqual(["next-transaction"]);
  ledger.began();
  expect(ledger.isDirty).toBe(false);
});

test("what belongs to the connection is no state, and may pin", () => {
  const ledger = new SessionLedger();
  expect(ledger.add(["set", "next-transaction"], false, true)).toBe("set");
  expect(ledger.isDirty).toBe(false);
});

test("a session whose state is forgotten stays pinned", () => {
  const ledger = new SessionLedger();
  ledger.add(["set", "next-transaction"], false);
  ledger.clear();
  expect(ledger.isDirty).toBe(false);
  expect(ledger.pinnedBy).toBe("set");
});
