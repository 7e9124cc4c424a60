import { RdsProxyError } from "@rds-proxy/core";
import type { Driver } from "kysely";

/**
 * A driver whose connections refuse to cancel queries at the database.
 *
 * Kysely 0.29 cancels by the id of the session, as the client knows it. Behind RDS Proxy that is not the id of the
 * database connection that runs the statement, so that the statement or session of another client may be ended.
 */
export function withoutCancelling<EngineDriver extends Driver>(driver: EngineDriver): EngineDriver {
  const acquire = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (...args) => Object.assign(await acquire(...args), { collectSessionInfo });
  return driver;
}

/** Kysely asks for it before it sends a query that it might have to cancel. */
async function collectSessionInfo(): Promise<never> {
  throw new RdsProxyError(
    "RDS_PROXY_UNSUPPORTED",
    'inflightQueryAbortStrategy: expected "ignore query", which is the default, got another. Behind RDS Proxy a client does ' +
      "not know its session's id at the database, and cancelling could hit another client. Limit statements at the database, " +
      "or, on PostgreSQL, with `query_timeout`.",
  );
}
