import { type Deadline, type Driver, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import { createConnectionConfig } from "./connection-config.js";
import type { Mysql2Options } from "./driver-options.js";
import { lendSession, type Mysql2Connection } from "./loan.js";
import { beginSession, type CreateConnection, type MysqlSession } from "./session.js";

/** mysql2, one connection at a time. */
export function mysql2Driver(
  createConnection: CreateConnection,
  options: ResolvedRdsProxyOptions,
  driverOptions: Mysql2Options,
): Driver<MysqlSession, Mysql2Connection> {
  const createConfig = createConnectionConfig(options, driverOptions);
  return {
    connect: (attempt) => beginSession(createConnection, options, createConfig, attempt).opened,
    stateOf: (session) => session.state,
    connectedAt: (session) => session.connectedAt,
    lastUsedAt: (session) => session.lastUsedAt,
    turnOfLastUse: (session) => session.turnOfLastUse,
    sessionOf: (session) => session.session,
    ping: (session, deadline) => answered(session.connection.promise().ping(), "the ping", deadline),
    rollback: (session, deadline) =>
      answered(session.connection.promise().query("rollback"), "the rollback", deadline),
    createView: (session) => lendSession(session, driverOptions.Promise),
    ref: (session) => session.ref(),
    unref: (session) => session.unref(),
    destroy: (session) => session.destroy(),
    end: (session) => session.connection.promise().end(),
  };
}

async function answered(work: Promise<unknown>, what: string, deadline: Deadline): Promise<void> {
  await within(work, deadline, () => new Error(`no answer to ${what} in time`));
}
