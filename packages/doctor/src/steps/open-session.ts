import { type Deadline, type Driver, endSoon, type ResolvedRdsProxyOptions } from "@rds-proxy/core";
import { codeOf } from "../finding.js";
import type { Row, Session } from "../session.js";

/** The driver of the engine is not installed where the doctor could find it. */
export class MissingDriver extends Error {
  readonly driver: string;

  constructor(driver: string, cause: unknown) {
    super(`The driver ${driver} is not installed beside the doctor.`, { cause });
    this.driver = driver;
  }
}

/**
 * Logs in once, through the same driver code as the adapters. The driver of the engine is loaded here, and the other one
 * need not be installed.
 */
export async function openSession(options: ResolvedRdsProxyOptions, deadline: Deadline): Promise<Session> {
  return options.endpoint.engine === "postgres"
    ? openPostgres(options, deadline)
    : openMysql(options, deadline);
}

async function openPostgres(options: ResolvedRdsProxyOptions, deadline: Deadline): Promise<Session> {
  const [{ default: pg }, { createClientClass, pgDriver }] = await Promise.all([
    import("pg").catch(notInstalled("pg")),
    import("@rds-proxy/adapter-pg/driver"),
  ]);
  const driver = pgDriver(createClientClass(pg), options, {});
  const client = await driver.connect({ deadline });
  return {
    query: async (statement) => (await client.query<Row>(statement)).rows,
    close: closing(driver, client),
  };
}

async function openMysql(options: ResolvedRdsProxyOptions, deadline: Deadline): Promise<Session> {
  const [{ createConnection }, { mysqlDriver }] = await Promise.all([
    import("mysql2").catch(notInstalled("mysql2")),
    import("@rds-proxy/adapter-mysql2/driver"),
  ]);
  const driver = mysqlDriver(createConnection, options, {});
  const session = await driver.connect({ deadline });
  return {
    async query(statement) {
      const [rows] = await session.connection.promise().query(statement);
      return Array.isArray(rows) ? rows.map((row): Row => ({ ...row })) : [];
    },
    close: closing(driver, session),
  };
}

/** Called on the import itself: a bundler then takes it that the other engine's driver may be missing. */
function notInstalled(driver: string): (cause: unknown) => never {
  return (cause) => {
    throw codeOf(cause) === "ERR_MODULE_NOT_FOUND" ? new MissingDriver(driver, cause) : cause;
  };
}

function closing<Connection extends object>(
  driver: Driver<Connection, unknown>,
  connection: Connection,
): Session["close"] {
  return async (deadline) => {
    await endSoon(driver, connection, deadline);
  };
}
