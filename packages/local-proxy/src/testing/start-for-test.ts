import { expect, inject, onTestFinished, vi } from "vitest";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "../index.js";

/** A proxy in front of the test run's PostgreSQL, closed when the test is over. */
export function startForTest(options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
  return start({ engine: "postgres", upstream: inject("postgres"), ...options });
}

/** A proxy in front of the test run's MySQL or MariaDB, closed when the test is over. */
export function startMysqlForTest(options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
  // mysql2 reports packets out of order here.
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
