import { type DatabaseConnection, type Driver, DummyDriver } from "kysely";
import { expect, it } from "vitest";
import type { AcquireOptions } from "./connection-hooks.js";
import { withoutCancelling } from "./without-cancelling.js";

class RecordingDriver extends DummyDriver {
  readonly given: AcquireOptions[] = [];
  readonly connections: DatabaseConnection[] = [];

  override async acquireConnection(...options: AcquireOptions[]): Promise<DatabaseConnection> {
    this.given.push(...options);
    const connection = await super.acquireConnection();
    this.connections.push(connection);
    return connection;
  }
}

it("a driver's connections refuse to collect the session's id, by which a query could be cancelled", async () => {
  const driver = new RecordingDriver();
  const options = { signal: new AbortController().signal };
  const acquire: (options: AcquireOptions) => ReturnType<Driver["acquireConnection"]> =
    withoutCancelling(driver).acquireConnection;
  const connection: DatabaseConnection & { collectSessionInfo?: () => Promise<void> } =
    await acquire(options);
  expect(driver.given).toEqual([options]);
  expect(driver.connections).toEqual([connection]);
  await expect(connection.collectSessionInfo?.()).rejects.toMatchObject({
    code: "RDS_PROXY_UNSUPPORTED",
    message:
      'inflightQueryAbortStrategy: expected "ignore query", the default, received another. Behind RDS Proxy a client does not ' +
      "know its session's id at the database, so it could cancel another client's statement. Limit statements at the database " +
      "or, on PostgreSQL, with `query_timeout`.",
  });
});
