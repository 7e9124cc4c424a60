import type { Mysql2Options } from "@rds-proxy/adapter-mysql2";
import {
  checkMysql2Options,
  internalsOf,
  MYSQL2_OPTION_NAMES,
  mysql2Driver,
  type PhysicalConnection,
} from "@rds-proxy/adapter-mysql2/driver";
import { type Adapter, checkObject, createConnectionSlots, deriveAdapter } from "@rds-proxy/core/adapter";
import { ConnectionTurns } from "@rds-proxy/core/internal";
import { type Kysely, MysqlDialect, MysqlDriver, type MysqlPool, type MysqlPoolConnection } from "kysely";
import { createConnection } from "mysql2";
import { preparingBy } from "../connection-hooks.js";
import { InvocationDriver, type PrepareOwn } from "../invocation-driver.js";
import { kyselyFactory } from "../kysely-factory.js";
import { checkAdapterOptions, type KyselyOptions } from "../kysely-options.js";
import { createRevocableGetter } from "../revocable-getter.js";
import { TURNS_REMEDY } from "../turns-remedy.js";
import { failStream } from "./fail-streams.js";

/** Options of mysql2 and of Kysely. The middleware has those of the endpoint. */
export type KyselyAdapterOptions = Mysql2Options & KyselyOptions;

/**
 * Kysely for the middleware: `context.db` is a new Kysely instance for each invocation, over the invocation's one connection.
 * `destroy()` ends the instance; the middleware keeps the connection.
 *
 * @throws RdsProxyError for wrong options: here those of Kysely, those of mysql2 when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: kyselyAdapter<DB>() }))
 *   .handler(async (_event, { db }) => db.selectFrom("orders").selectAll().execute());
 */
export function kyselyAdapter<DB>(options: KyselyAdapterOptions = {}): Adapter<Kysely<DB>> {
  checkObject("options", options);
  checkAdapterOptions(options);
  const { plugins, log, onCreateConnection, onReserveConnection, ...driverOptions } = options;
  const prepare = preparingBy(
    { onCreateConnection, onReserveConnection },
    ({ session }: PhysicalConnection) => session,
  );
  const createKysely = kyselyFactory<DB>(MysqlDialect, { plugins, log });
  return deriveAdapter(physicalAdapter(driverOptions), (physical, resolved, waitDeadline) => {
    const turns = new ConnectionTurns(resolved, waitDeadline, TURNS_REMEDY);
    const driver = new MysqlDriver({ pool: poolOf(physical) });
    const prepareOwn: PrepareOwn =
      prepare && ((connection, acquire) => prepare(connection, physical(), acquire));
    return { db: createKysely(new InvocationDriver(driver, turns, prepareOwn)), revoke: () => turns.close() };
  });
}

/** mysql2's adapter, but with a cheaper view than a handler needs. */
function physicalAdapter(driverOptions: Mysql2Options): Adapter<() => PhysicalConnection> {
  return {
    engine: "mysql",
    create(options) {
      const checked = checkMysql2Options({ ...driverOptions }, MYSQL2_OPTION_NAMES);
      const driver = mysql2Driver(createConnection, options, checked);
      return createConnectionSlots(
        { ...driver, createView: createRevocableGetter<PhysicalConnection> },
        options,
      );
    },
  };
}

/** A pool in Kysely's terms, whose only connection is the invocation's. */
function poolOf(physical: () => PhysicalConnection): MysqlPool {
  const connection = {
    query(sql: string, parameters: unknown[], callback?: (error: unknown, result: unknown) => void): object {
      const { connection } = physical();
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
