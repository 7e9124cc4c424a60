import { invalidOption } from "@rds-proxy/core";
import type { Driver } from "kysely";

/**
 * A driver whose connections refuse to cancel queries at the database.
 *
 * Kysely 0.29 cancels by the id of the session, as the client knows it. Behind RDS Proxy that is not the id of the
 * database connection which happens to run the statement, so that somebody else's statement or session may be ended.
 */
export function withoutCancelling<EngineDriver extends Driver>(driver: EngineDriver): EngineDriver {
  const acquire = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (...args) => Object.assign(await acquire(...args), { collectSessionInfo });
  return driver;
}

/** Kysely asks for it before it sends a query that it might have to cancel. */
async function collectSessionInfo(): Promise<never> {
  throw invalidOption(
    "inflightQueryAbortStrategy",
    '"ignore query", which is the default',
    "another",
    "Behind RDS Proxy a session cannot be told from others, and cancelling could hit somebody else's. Limit " +
      "statements at the database, or, on PostgreSQL, with `query_timeout`.",
  );
}
