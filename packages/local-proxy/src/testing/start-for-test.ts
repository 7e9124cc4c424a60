import { inject } from "vitest";
import type { LocalProxy, LocalProxyOptions } from "../index.js";
import { startUntilTestFinished } from "./start-until-test-finished.js";

/** A proxy in front of the test run's PostgreSQL, closed when the test is over. */
export function startForTest(options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
  return startUntilTestFinished({ engine: "postgres", upstream: inject("postgres"), ...options });
}
