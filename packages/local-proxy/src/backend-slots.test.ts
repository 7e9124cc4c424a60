import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BackendSlots, BorrowTimeout } from "./backend-slots.js";

const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("never more slots are out than the capacity", async () => {
  const slots = new BackendSlots(2);
  await slots.borrow(1000, never);
  await slots.borrow(1000, never);
  void slots.borrow(1000, never).catch(() => {});
  expect([slots.borrowed, slots.waiting]).toEqual([2, 1]);
});

test("whoever waits longest is served first", async () => {
  const slots = new BackendSlots(1);
  const first = await slots.borrow(1000, never);
  const served: string[] = [];
  const borrowers = ["a", "b", "c"].map(async (name) => {
    const slot = await slots.borrow(1000, never);
    served.push(name);
    slot.giveBack();
  });
  first.giveBack();
  await Promise.all(borrowers);
  expect(served).toEqual(["a", "b", "c"]);
  expect(slots.borrowed).toBe(0);
});

test("a borrower is refused when its time is up, and not before", async () => {
  const slots = new BackendSlots(1);
  await slots.borrow(1000, never);
  const outcome = vi.fn();
  void slots.borrow(1000, never).catch(outcome);
  await vi.advanceTimersByTimeAsync(999);
  expect(outcome).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(outcome).toHaveBeenCalledWith(expect.any(BorrowTimeout));
  expect(slots.waiting).toBe(0);
});

test("a timeout of 0 refuses at once when nothing is free", async () => {
  const slots = new BackendSlots(1);
  const slot = await slots.borrow(0, never);
  await expect(slots.borrow(0, never)).rejects.toThrow(BorrowTimeout);
  slot.giveBack();
  await expect(slots.borrow(0, never)).resolves.toBeDefined();
});

test("a borrower that leaves makes way for the next, and its timer is gone", async () => {
  const slots = new BackendSlots(1);
  const first = await slots.borrow(1000, never);
  const leaving = new AbortController();
  const left = slots.borrow(1000, leaving.signal);
  const next = slots.borrow(1000, never);
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  first.giveBack();
  await next;
  expect(slots.borrowed).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("who has left already is not served", async () => {
  await expect(new BackendSlots(1).borrow(1000, AbortSignal.abort(new Error("left")))).rejects.toThrow(
    "left",
  );
});

test("giving back twice frees one slot", async () => {
  const slots = new BackendSlots(2);
  const slot = await slots.borrow(0, never);
  await slots.borrow(0, never);
  slot.giveBack();
  slot.giveBack();
  expect(slots.borrowed).toBe(1);
});
