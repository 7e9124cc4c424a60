import type { Driver } from "kysely";

/**
 * A driver whose connections cannot cancel a query at the database, which Kysely then says by itself.
 *
 * Kysely 0.29 cancels by the session's id. What RDS Proxy tells a client is not the id of the database connection that
 * runs its statement, so that somebody else's statement or session would be ended.
 */
export function withoutCancelling(driver: Driver): Driver {
  const acquire = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (...args) =>
    Object.assign(await acquire(...args), { cancelQuery: undefined, killSession: undefined });
  return driver;
}
