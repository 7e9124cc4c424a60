import { expect, it, vi } from "vitest";
import { Lazy } from "./lazy.js";

it("is loaded at the first request, once for concurrent requests", async () => {
  const load = vi.fn(async () => "part");
  const lazy = new Lazy(load);
  expect([lazy.value, load.mock.calls.length]).toEqual([undefined, 0]);
  expect(await Promise.all([lazy.get(), lazy.get()])).toEqual(["part", "part"]);
  expect(await lazy.get()).toBe("part");
  expect([lazy.value, load.mock.calls.length]).toEqual(["part", 1]);
});

it("is loaded again after that has failed", async () => {
  const load = vi.fn(async () => "part").mockRejectedValueOnce(new Error("not there yet"));
  const lazy = new Lazy(load);
  await expect(lazy.get()).rejects.toThrow("not there yet");
  expect(await lazy.get()).toBe("part");
});
