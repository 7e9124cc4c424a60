import { expect, test } from "vitest";
import { SessionLedger } from "./session-ledger.js";

test("keeps effects that outlast their transaction, in order and each once", () => {
  const ledger = new SessionLedger();
  ledger.add(["sequence-function", "listen", "set-local", "set", "cursor", "listen"], false);
  expect(ledger.state).toEqual(["listen", "set"]);
  expect(ledger.isDirty).toBe(true);
});

test("an effect that only pins is no state", () => {
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

test("a rollback reverts what the transaction set, but no lock and no prepared statement", () => {
  const ledger = new SessionLedger();
  ledger.add(["set"], true);
  expect(ledger.isDirty).toBe(true);
  ledger.add(["advisory-lock", "temporary-object", "prepare"], true);
  ledger.ended("rollback");
  expect(ledger.state).toEqual(["advisory-lock", "prepare"]);
});

test("a rollback reverts nothing from before its transaction", () => {
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

test("a setting for the next transaction ends when a transaction begins", () => {
  const ledger = new SessionLedger();
  ledger.add(["next-transaction"], false);
  expect(ledger.state).toEqual(["next-transaction"]);
  // In the same text, the transaction may have come before the setting.
  ledger.began();
  expect(ledger.isDirty).toBe(true);
  ledger.add([], false);
  ledger.began();
  expect(ledger.isDirty).toBe(false);
});

test("effects of connection set-up are no state, but can pin", () => {
  const ledger = new SessionLedger();
  expect(ledger.add(["set", "next-transaction"], false, true)).toBe("set");
  expect(ledger.isDirty).toBe(false);
});

test("a session whose state is forgotten stays pinned", () => {
  const ledger = new SessionLedger();
  ledger.add(["set", "next-transaction"], false);
  ledger.add(["listen"], true);
  ledger.clear();
  expect(ledger.isDirty).toBe(false);
  expect(ledger.pinnedBy).toBe("set");
});
