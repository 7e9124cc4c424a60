import { RdsProxyError } from "@rds-proxy/core";
import type { Driver } from "kysely";

/**
 * Makes the connections of a driver refuse to cancel queries at the database.
 *
 * Kysely 0.29 cancels by the session id that the client knows. Behind RDS Proxy that is not the id of the session that runs the
 * statement, so another client's statement or session could be ended.
 */
export function withoutCancelling<EngineDriver extends Driver>(driver: EngineDriver): EngineDriver {
  const acquire = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (...args) => Object.assign(await acquire(...args), { collectSessionInfo });
  return driver;
}

/** Kysely calls it before it sends a query that it may have to cancel. */
async function collectSessionInfo(): Promise<never> {
  throw new RdsProxyError(
    "RDS_PROXY_UNSUPPORTED",
    'inflightQueryAbortStrategy: expected "ignore query", the default, received another. Behind RDS Proxy a client does ' +
      "not know its session's id at the database, so it could cancel another client's statement. Limit statements at the " +
      "database or, on PostgreSQL, with `query_timeout`.",
  );
}
