import { inject, onTestFinished } from "vitest";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "../index.js";

/** A proxy in front of the test run's server, closed when the test is over. */
export async function startForTest(options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
  const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}
