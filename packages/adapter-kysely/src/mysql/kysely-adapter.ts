import type { Mysql2Options } from "@rds-proxy/adapter-mysql2";
import {
  checkMysql2Options,
  internalsOf,
  MYSQL2_OPTION_NAMES,
  type MysqlSession,
  mysql2Driver,
} from "@rds-proxy/adapter-mysql2/driver";
import { type Adapter, checkObject, createConnectionSlots, deriveAdapter } from "@rds-proxy/core/adapter";
import { type Kysely, MysqlDialect, MysqlDriver, type MysqlPool, type MysqlPoolConnection } from "kysely";
import { createConnection } from "mysql2";
import { preparingBy } from "../connection-hooks.js";
import { InvocationDriver, type PrepareOwn } from "../invocation-driver.js";
import { kyselyFactory } from "../kysely-factory.js";
import { checkAdapterOptions, type KyselyOptions } from "../kysely-options.js";
import { lendUntilRevoked } from "../lend-until-revoked.js";
import { Turns } from "../turns.js";
import { failStream } from "./fail-streams.js";

/** Options of mysql2 and of Kysely; where the database is belongs to the middleware. */
export type KyselyAdapterOptions = Mysql2Options & KyselyOptions;

/**
 * Kysely for the middleware: `context.db` is a Kysely of its own for each invocation, over the one connection that the
 * invocation has. `destroy()` ends the use of this Kysely; the connection stays the middleware's.
 *
 * @throws RdsProxyError for wrong options: here those of Kysely, those of mysql2 when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: kyselyAdapter<DB>() }))
 *   .handler(async (event, { db }) => db.selectFrom("orders").selectAll().execute());
 */
export function kyselyAdapter<DB>(options: KyselyAdapterOptions = {}): Adapter<Kysely<DB>> {
  checkObject("options", options);
  checkAdapterOptions(options);
  const { plugins, log, onCreateConnection, onReserveConnection, ...driverOptions } = options;
  const prepare = preparingBy({ onCreateConnection, onReserveConnection });
  const createKysely = kyselyFactory<DB>(MysqlDialect, { plugins, log });
  return deriveAdapter(sessionAdapter(driverOptions), (session, resolved, waitDeadline) => {
    const turns = new Turns(resolved, waitDeadline);
    const driver = new MysqlDriver({ pool: poolOf(session) });
    const prepareOwn: PrepareOwn =
      prepare && ((connection, acquire) => prepare(connection, session(), acquire));
    return { db: createKysely(new InvocationDriver(driver, turns, prepareOwn)), revoke: () => turns.end() };
  });
}

/** Connections as the middleware keeps them for mysql2 alone, without the wrappers that a handler of its own needs. */
function sessionAdapter(driverOptions: Mysql2Options): Adapter<() => MysqlSession> {
  return {
    engine: "mysql",
    create(options) {
      const checked = checkMysql2Options({ ...driverOptions }, MYSQL2_OPTION_NAMES);
      const driver = mysql2Driver(createConnection, options, checked);
      return createConnectionSlots({ ...driver, createView: lendUntilRevoked<MysqlSession> }, options);
    },
  };
}

/** What Kysely takes for a pool: the invocation's connection, which is always ready. */
function poolOf(session: () => MysqlSession): MysqlPool {
  const connection = {
    query(sql: string, parameters: unknown[], callback?: (error: unknown, result: unknown) => void): object {
      const { connection } = session();
      if (callback) return connection.query(sql, parameters, callback);
      const command = internalsOf(connection).query(sql, parameters);
      failStream(connection, command);
      return command;
    },
    release: () => undefined,
  };
  return {
    // Kysely uses these two members alone. The type has more of them in 0.29 than in 0.28.
    getConnection: (callback) => callback(null, connection as MysqlPoolConnection),
    end: (callback) => callback(null),
  };
}
