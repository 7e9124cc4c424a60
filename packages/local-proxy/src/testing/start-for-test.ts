import { expect, inject, onTestFinished, vi } from "vitest";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "../index.js";

/** A proxy in front of the test run's PostgreSQL, closed when the test is over. */
export function startForTest(options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
  return start({ engine: "postgres", upstream: inject("postgres"), ...options });
}

/** The same in front of its MySQL or MariaDB. */
export function startMysqlForTest(options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
  // That is where mysql2 complains of packets out of order.
  const complaints = vi.spyOn(console, "error");
  onTestFinished(() => {
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockRestore();
  });
  return start({ engine: "mysql", upstream: inject("mysql"), ...options });
}

async function start(options: LocalProxyOptions): Promise<LocalProxy> {
  const proxy = await startLocalProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}
