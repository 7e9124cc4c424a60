import { afterEach, beforeEach, vi } from "vitest";
import type { Lease, Resource } from "../lease/adapter.js";
import { createConnectionSlots } from "../lease/connection-slots.js";
import type { RdsProxyOptions } from "../options/options.js";
import { deadlineIn } from "../time/deadline.js";
import { fakeTimeClock, passTime, useFakeTime } from "./fake-time.js";
import { PROXY_HOST, resolvedOptions } from "./resolved-options.js";
import { type ScriptedDb, ScriptedDriver } from "./scripted-driver.js";
import { START } from "./virtual-clock.js";
import { serverError } from "./wrappers.js";

export const ENDPOINT = `app@${PROXY_HOST}:5432`;
export const HOUR_MS: number = 60 * 60_000;
export const PERMANENT: Error = serverError("3D000", 'database "app" does not exist');
export const EXHAUSTED: Error = serverError("53300", "sorry, too many clients already");

/** The driver and the slots of the running test. */
export let driver: ScriptedDriver;
export let slots: Resource<ScriptedDb>;

/** Gives every test of a file fake time and slots of its own. */
export function useSlots(): void {
  beforeEach(() => {
    useFakeTime(START);
    createSlots();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Replaces the test's slots with others. */
export function createSlots(options: RdsProxyOptions = {}): void {
  driver = new ScriptedDriver();
  slots = createConnectionSlots(driver, resolvedOptions(options, { clock: fakeTimeClock }));
}

export function inMs(budgetMs: number) {
  return deadlineIn(budgetMs, fakeTimeClock);
}

/** Requests a connection. `wanted` has the lease or the error as soon as there is one. */
export function request(budgetMs = 10_000) {
  const wanted: { lease?: Lease<ScriptedDb>; error?: unknown } = {};
  const settled = slots.acquire(inMs(budgetMs)).then(
    (lease) => {
      wanted.lease = lease;
    },
    (error: unknown) => {
      wanted.error = error;
    },
  );
  return { wanted, settled };
}

export async function acquire(budgetMs?: number): Promise<Lease<ScriptedDb>> {
  const { wanted } = request(budgetMs);
  for (let waitedMs = 0; waitedMs < 1000 && !wanted.lease && !wanted.error; waitedMs += 10)
    await passTime(10);
  if (!wanted.lease) throw wanted.error ?? new Error("no connection within a second");
  return wanted.lease;
}

/** Resolves with the connection's id. */
export async function acquireAndRelease(): Promise<number> {
  const lease = await acquire();
  await lease.release(inMs(1000));
  return lease.db.connection.id;
}
