import { expect, test } from "vitest";
import { LoginTurns } from "./login-turns.js";

test("does as many works at once as the limit, and then the newest first", async () => {
  const turns = new LoginTurns(2);
  const order: number[] = [];
  const ends = [1, 2, 3, 4].map(() => Promise.withResolvers<void>());
  const works = ends.map(({ promise }, index) =>
    turns.take(async () => {
      order.push(index + 1);
      await promise;
    }),
  );
  expect(order).toEqual([1, 2]);
  for (const { resolve } of ends) resolve();
  await Promise.all(works);
  expect(order).toEqual([1, 2, 4, 3]);
});

test("a work that fails ends its turn", async () => {
  const turns = new LoginTurns(1);
  await expect(turns.take(() => Promise.reject(new Error("no server")))).rejects.toThrow("no server");
  expect(await turns.take(async () => "done")).toBe("done");
});

test("a silent client loses its turn to one that waits, and only then", async () => {
  const turns = new LoginTurns(1, 0);
  const closed: number[] = [];
  const beSilent = (number: number): Promise<void> => {
    const { promise, reject } = Promise.withResolvers<void>();
    const close = (): void => {
      closed.push(number);
      reject(new Error("closed"));
    };
    return turns.take(() => turns.whileSilent(() => promise, close)).catch(() => undefined);
  };
  const first = beSilent(1);
  expect(closed).toEqual([]);
  const second = beSilent(2);
  expect(closed).toEqual([1]);
  await first;
  const rightful = turns.take(() =>
    turns.whileSilent(
      async () => "answered",
      () => closed.push(3),
    ),
  );
  expect(await rightful).toBe("answered");
  await second;
  expect(closed).toEqual([1, 2]);
});

test("a silent client has some time to answer", async () => {
  const turns = new LoginTurns(1, 1);
  const { promise, resolve } = Promise.withResolvers<string>();
  let closes = 0;
  const silent = turns.take(() =>
    turns.whileSilent(
      () => promise,
      () => {
        closes += 1;
        resolve("closed");
      },
    ),
  );
  const next = turns.take(async () => closes);
  expect(closes).toBe(0);
  expect(await silent).toBe("closed");
  expect(await next).toBe(1);
});
