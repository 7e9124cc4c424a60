import type { Deadline, Driver, ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import { endGracefully } from "@rds-proxy/core/internal";
import type { Connection, Row } from "../connection.js";
import { codeOf } from "../error-text.js";

/** The engine's driver cannot be imported from here. */
export class MissingDriver extends Error {
  readonly driver: string;

  constructor(driver: string, cause: unknown) {
    super(`The driver ${driver} is not installed beside the doctor.`, { cause });
    this.driver = driver;
  }
}

/** Logs in once, with the adapters' own driver code. Imports the engine's driver only. */
export async function openConnection(
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Connection> {
  return options.endpoint.engine === "postgres"
    ? openWithPg(options, deadline)
    : openWithMysql2(options, deadline);
}

async function openWithPg(options: ResolvedRdsProxyOptions, deadline: Deadline): Promise<Connection> {
  const [{ default: pg }, { createClientClass, pgDriver }] = await Promise.all([
    import("pg").catch(notInstalled("pg")),
    import("@rds-proxy/adapter-pg/driver"),
  ]);
  const driver = pgDriver(createClientClass(pg), options, {});
  const client = await driver.connect({ deadline });
  return {
    query: async (statement) => (await client.query<Row>(statement)).rows,
    close: closeWith(driver, client),
  };
}

async function openWithMysql2(options: ResolvedRdsProxyOptions, deadline: Deadline): Promise<Connection> {
  const [{ createConnection }, { mysql2Driver }] = await Promise.all([
    import("mysql2").catch(notInstalled("mysql2")),
    import("@rds-proxy/adapter-mysql2/driver"),
  ]);
  const driver = mysql2Driver(createConnection, options, {});
  const session = await driver.connect({ deadline });
  return {
    async query(statement) {
      const [rows] = await session.connection.promise().query(statement);
      return Array.isArray(rows) ? rows.map((row): Row => ({ ...row })) : [];
    },
    close: closeWith(driver, session),
  };
}

/** Attached to the `import()` itself, so that bundlers accept that the package may be missing. */
function notInstalled(driver: string): (cause: unknown) => never {
  return (cause) => {
    throw codeOf(cause) === "ERR_MODULE_NOT_FOUND" ? new MissingDriver(driver, cause) : cause;
  };
}

function closeWith<DriverConnection extends object>(
  driver: Driver<DriverConnection, unknown>,
  connection: DriverConnection,
): Connection["close"] {
  return async (deadline) => {
    await endGracefully(driver, connection, deadline);
  };
}
