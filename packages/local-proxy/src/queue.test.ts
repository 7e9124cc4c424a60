import { expect, test } from "vitest";
import { Queue } from "./queue.js";

function takeAll<T>(queue: Queue<T>): (T | undefined)[] {
  const taken: (T | undefined)[] = [];
  for (; queue.length > 0; queue.removeFirst()) taken.push(queue.first);
  return taken;
}

test("keeps the order of many entries, also of those that are added meanwhile", () => {
  const queue = new Queue<number>();
  const expected = Array.from({ length: 100_000 }, (_, index) => index);
  const taken: (number | undefined)[] = [];
  for (const [index, entry] of expected.entries()) {
    queue.add(entry);
    if (index % 2 === 0) continue;
    taken.push(queue.first);
    queue.removeFirst();
  }
  expect(queue.length).toBe(50_000);
  expect([...taken, ...takeAll(queue)]).toEqual(expected);
});

test("an empty queue has no first entry to remove or replace", () => {
  const queue = new Queue<string>();
  queue.removeFirst();
  queue.replaceFirst("a");
  expect([queue.length, queue.first]).toEqual([0, undefined]);
});

test("the first entry can be replaced, and entries be removed by a condition", () => {
  const queue = new Queue<number>();
  for (const entry of [1, 2, 3, 4, 5]) queue.add(entry);
  queue.removeFirst();
  queue.replaceFirst(7);
  queue.keepOnly((entry) => entry % 2 === 1);
  expect(takeAll(queue)).toEqual([7, 3, 5]);
  queue.add(1);
  queue.clear();
  expect(queue.length).toBe(0);
});
