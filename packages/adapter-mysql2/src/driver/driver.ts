import { type Deadline, type Driver, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import { createConnectionConfig } from "./connection-config.js";
import type { MysqlOptions } from "./driver-options.js";
import { lendSession, type MysqlConnection } from "./loan.js";
import { beginSession, type CreateConnection, type MysqlSession } from "./session.js";

/** mysql2, one connection at a time. */
export function mysqlDriver(
  createConnection: CreateConnection,
  options: ResolvedRdsProxyOptions,
  driverOptions: MysqlOptions,
): Driver<MysqlSession, MysqlConnection> {
  const createConfig = createConnectionConfig(options, driverOptions);
  return {
    connect: (attempt) => beginSession(createConnection, options, createConfig, attempt).opened,
    stateOf: (session) => session.state,
    connectedAt: (session) => session.connectedAt,
    lastUsedAt: (session) => session.lastUsedAt,
    turnOfLastUse: (session) => session.turnOfLastUse,
    ping: (session, deadline) => answered(session.connection.promise().ping(), "the ping", deadline),
    rollback: (session, deadline) =>
      answered(session.connection.promise().query("rollback"), "the rollback", deadline),
    lend: (session) => lendSession(session, driverOptions.Promise),
    ref: (session) => session.ref(),
    unref: (session) => session.unref(),
    destroy: (session) => session.destroy(),
    end: (session) => session.connection.promise().end(),
  };
}

async function answered(work: Promise<unknown>, what: string, deadline: Deadline): Promise<void> {
  await within(work, deadline, () => new Error(`no answer to ${what} in time`));
}
