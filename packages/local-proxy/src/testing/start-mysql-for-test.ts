import { expect, inject, onTestFinished, vi } from "vitest";
import type { LocalProxy, LocalProxyOptions } from "../index.js";
import { startUntilTestFinished } from "./start-until-test-finished.js";

/** A proxy in front of the test run's MySQL or MariaDB, closed when the test is over. */
export function startMysqlForTest(options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
  // mysql2 reports packets out of order here.
  const complaints = vi.spyOn(console, "error");
  onTestFinished(() => {
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockRestore();
  });
  return startUntilTestFinished({ engine: "mysql", upstream: inject("mysql"), ...options });
}
