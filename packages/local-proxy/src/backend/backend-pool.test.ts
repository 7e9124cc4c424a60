import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BackendPool, type BorrowRequest, BorrowTimeout, type Poolable } from "./backend-pool.js";

const never = new AbortController().signal;

/** A backend without a database. */
class Fake implements Poolable {
  readonly key: string;
  readonly openedAtMs = 0;
  returnedAtMs = 0;
  isFit = true;
  readonly #closed = Promise.withResolvers<void>();

  constructor(key: string) {
    this.key = key;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  async end(): Promise<void> {
    this.isFit = false;
    this.#closed.resolve();
  }
}

function borrowRequest(key = "a"): BorrowRequest<Fake> {
  return { key, open: async () => new Fake(key) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("the borrowed backends never exceed the capacity", async () => {
  const pool = new BackendPool<Fake>(2);
  await pool.borrow(borrowRequest(), 1000, never);
  await pool.borrow(borrowRequest(), 1000, never);
  void pool.borrow(borrowRequest(), 1000, never).catch(() => {});
  expect([pool.borrowed, pool.waiting]).toEqual([2, 1]);
});

test("a returned backend goes to the next borrower of its key only", async () => {
  const pool = new BackendPool<Fake>(3);
  const first = await pool.borrow(borrowRequest("a"), 1000, never);
  pool.giveBack(first);
  const other = await pool.borrow(borrowRequest("b"), 1000, never);
  expect(other).not.toBe(first);
  expect(await pool.borrow(borrowRequest("a"), 1000, never)).toBe(first);
});

test("an idle backend is closed for another key when the pool is full", async () => {
  const pool = new BackendPool<Fake>(1);
  const first = await pool.borrow(borrowRequest("a"), 1000, never);
  pool.giveBack(first);
  const other = await pool.borrow(borrowRequest("b"), 1000, never);
  expect([first.isFit, other.key, pool.borrowed, pool.idle]).toEqual([false, "b", 1, 0]);
});

test("a borrower is refused at its timeout, and not before", async () => {
  const pool = new BackendPool<Fake>(1);
  await pool.borrow(borrowRequest(), 1000, never);
  const outcome = vi.fn();
  void pool.borrow(borrowRequest(), 1000, never).catch(outcome);
  await vi.advanceTimersByTimeAsync(999);
  expect(outcome).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(outcome).toHaveBeenCalledWith(expect.any(BorrowTimeout));
  expect(pool.waiting).toBe(0);
});

test("opening may take the rest of the borrow timeout", async () => {
  const pool = new BackendPool<Fake>(1);
  const holder = await pool.borrow(borrowRequest(), 1000, never);
  const open = vi.fn(async () => new Fake("b"));
  const borrowing = pool.borrow({ key: "b", open }, 1000, never);
  await vi.advanceTimersByTimeAsync(400);
  pool.giveBack(holder);
  await borrowing;
  expect(open).toHaveBeenCalledWith(600, never);
});

test("with a timeout of 0 only an idle backend is borrowed, even below the maximum", async () => {
  const pool = new BackendPool<Fake>(5);
  await expect(pool.borrow(borrowRequest(), 0, never)).rejects.toThrow(BorrowTimeout);
  // One was opened meanwhile, for the next borrower.
  const backend = await pool.borrow(borrowRequest(), 0, never);
  await expect(pool.borrow(borrowRequest(), 0, never)).rejects.toThrow(BorrowTimeout);
  pool.giveBack(backend);
  expect(pool.idle).toBe(2);
});

test("a borrower that leaves lets the next one in, and clears its timer", async () => {
  const pool = new BackendPool<Fake>(1);
  const first = await pool.borrow(borrowRequest(), 1000, never);
  const leaving = new AbortController();
  const left = pool.borrow(borrowRequest(), 1000, leaving.signal);
  const next = pool.borrow(borrowRequest(), 1000, never);
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  pool.giveBack(first);
  await next;
  expect(pool.borrowed).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("a borrower that has already left is not served", async () => {
  const gone = AbortSignal.abort(new Error("left"));
  await expect(new BackendPool<Fake>(1).borrow(borrowRequest(), 1000, gone)).rejects.toThrow("left");
});

test("giving back or removing a backend twice frees one slot", async () => {
  const pool = new BackendPool<Fake>(2);
  const one = await pool.borrow(borrowRequest(), 1000, never);
  const other = await pool.borrow(borrowRequest(), 1000, never);
  pool.giveBack(one);
  pool.giveBack(one);
  expect([pool.borrowed, pool.idle]).toEqual([1, 1]);
  pool.remove(other);
  pool.remove(other);
  await other.end();
  expect(await pool.borrow(borrowRequest(), 1000, never)).toBe(one);
  await pool.borrow(borrowRequest(), 1000, never);
  expect(pool.borrowed).toBe(2);
});

test("a failed opening frees its slot for the next borrower", async () => {
  const pool = new BackendPool<Fake>(1);
  const failing = pool.borrow({ key: "a", open: () => Promise.reject(new Error("refused")) }, 1000, never);
  const next = pool.borrow(borrowRequest(), 1000, never);
  await expect(failing).rejects.toThrow("refused");
  expect((await next).key).toBe("a");
});

test("a backend that closes while idle frees its slot, and one that closes while borrowed is not kept", async () => {
  const pool = new BackendPool<Fake>(1);
  const first = await pool.borrow(borrowRequest(), 1000, never);
  pool.giveBack(first);
  await first.end();
  const second = await pool.borrow(borrowRequest(), 1000, never);
  expect(second).not.toBe(first);
  await second.end();
  pool.giveBack(second);
  expect(await pool.borrow(borrowRequest(), 1000, never)).not.toBe(second);
});

test("a backend that the server has ended is not lent, although its socket is not closed yet", async () => {
  const pool = new BackendPool<Fake>(1);
  const ended = await pool.borrow(borrowRequest(), 1000, never);
  pool.giveBack(ended);
  ended.isFit = false;
  expect(await pool.borrow(borrowRequest(), 1000, never)).not.toBe(ended);
  expect([pool.borrowed, pool.idle]).toEqual([1, 0]);
});

test("a suspended pool serves no borrower until it resumes", async () => {
  const pool = new BackendPool<Fake>(2);
  const first = await pool.borrow(borrowRequest(), 1000, never);
  pool.giveBack(first);
  pool.suspend();
  expect(first.isFit).toBe(false);
  const waiting = pool.borrow(borrowRequest(), 1000, never);
  expect(pool.waiting).toBe(1);
  pool.resume();
  expect((await waiting).isFit).toBe(true);
});

test("a suspended pool closes returned backends", async () => {
  const pool = new BackendPool<Fake>(1);
  const backend = await pool.borrow(borrowRequest(), 1000, never);
  pool.suspend();
  pool.giveBack(backend);
  expect([backend.isFit, pool.idle]).toEqual([false, 0]);
  pool.resume();
  expect(await pool.borrow(borrowRequest(), 1000, never)).not.toBe(backend);
});

test("a sweep closes surplus backends that are idle for too long, and backends that are too old", async () => {
  const pool = new BackendPool<Fake>(4);
  const backends = await Promise.all(
    ["a", "a", "a"].map((key) => pool.borrow(borrowRequest(key), 1000, never)),
  );
  for (const [index, backend] of backends.entries()) {
    backend.returnedAtMs = index * 100;
    pool.giveBack(backend);
  }
  const limits = { maxIdle: 1, idleMs: 1000, lifeMs: 5000 };
  pool.sweep(1099, limits);
  expect(backends.map(({ isFit }) => isFit)).toEqual([false, true, true]);
  pool.sweep(4000, limits);
  expect(backends.map(({ isFit }) => isFit)).toEqual([false, false, true]);
  pool.sweep(5000, limits);
  expect(pool.idle).toBe(0);
});

test("the longest waiting borrower is served first, by its key and within the capacity", async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("borrow" as const), key: fc.constantFrom("a", "b", "c") }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("give-back", "discard"), at: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), at: fc.nat(20) }) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { maxLength: 60 }),
      async (capacity, steps) => {
        const pool = new BackendPool<Fake>(capacity);
        const lent: Fake[] = [];
        const served: number[] = [];
        const gone = new Set<number>();
        const leaving: AbortController[] = [];
        for (const one of steps) {
          if (one.kind === "borrow") {
            const turn = leaving.push(new AbortController()) - 1;
            const { signal } = leaving[turn] ?? new AbortController();
            pool.borrow(borrowRequest(one.key), 1_000_000, signal).then(
              (backend) => {
                expect(backend).toMatchObject({ key: one.key, isFit: true });
                served.push(turn);
                lent.push(backend);
              },
              () => gone.add(turn),
            );
          } else if (one.kind === "leave") {
            leaving[one.at]?.abort(new Error("left"));
          } else {
            const [backend] = lent.splice(one.at % (lent.length || 1), 1);
            if (backend !== undefined && one.kind === "give-back") pool.giveBack(backend);
            if (backend !== undefined && one.kind === "discard") {
              pool.remove(backend);
              await backend.end();
            }
          }
          await vi.advanceTimersByTimeAsync(0);
          expect(lent.length + pool.idle).toBeLessThanOrEqual(capacity);
          const waiting = [...leaving.keys()].filter((turn) => !served.includes(turn) && !gone.has(turn));
          const [longest] = waiting;
          if (longest === undefined) continue;
          expect(Math.max(-1, ...served)).toBeLessThan(longest);
          // No borrower waits while there is a free slot.
          expect(lent.length).toBe(capacity);
        }
        while (lent.length > 0) {
          for (const backend of lent.splice(0)) pool.giveBack(backend);
          await vi.advanceTimersByTimeAsync(0);
        }
        expect(served.length + gone.size).toBe(leaving.length);
      },
    ),
    { numRuns: 300 },
  );
});
