import { vi } from "vitest";

/** Waits until the claim holds; a claim that never does fails the test. */
export function eventually(claim: () => boolean): Promise<boolean> {
  return vi.waitUntil(claim, { interval: 5, timeout: 20_000 });
}
