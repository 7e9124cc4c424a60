import { vi } from "vitest";

/** Waits until the claim is true; fails the test if it stays false. */
export function eventually(claim: () => boolean): Promise<boolean> {
  return vi.waitUntil(claim, { interval: 5, timeout: 20_000 });
}
