import { describe } from "vitest";
import { addresses } from "./addresses.js";
import { brokenConnections } from "./broken-connections.js";
import { concurrency } from "./concurrency.js";
import { deadlines } from "./deadlines.js";
import { dirtyWork } from "./dirty-work.js";
import { exhaustion } from "./exhaustion.js";
import { failover } from "./failover.js";
import type { ConformanceHarness } from "./harness.js";
import { leftovers } from "./leftovers.js";
import { login } from "./login.js";
import { sessionState } from "./session-state.js";
import { sessions } from "./sessions.js";
import { warmth } from "./warmth.js";

/** Defines the tests of the behaviours that every adapter promises. */
export function describeConformance<Db extends object>(harness: ConformanceHarness<Db>): void {
  describe(`${harness.name}`, () => {
    describe("login", () => login(harness));
    describe("warm connections", () => warmth(harness));
    describe("broken connections", () => brokenConnections(harness));
    describe("exhaustion and time", () => exhaustion(harness));
    describe("deadlines", () => deadlines(harness));
    describe("failover", () => failover(harness));
    describe("addresses", () => addresses(harness));
    describe("dirty work", () => dirtyWork(harness));
    describe("session state", () => sessionState(harness));
    describe("leftovers", () => leftovers(harness));
    describe("several invocations at once", () => concurrency(harness));
    describe("the session", () => sessions(harness));
  });
}
