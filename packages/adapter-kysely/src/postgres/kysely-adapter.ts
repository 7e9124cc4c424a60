import type { PgOptions } from "@rds-proxy/adapter-pg";
import { RdsProxyClient } from "@rds-proxy/adapter-pg/client";
import { checkPgOptions, PG_OPTION_NAMES, pgDriver } from "@rds-proxy/adapter-pg/driver";
import { type Adapter, checkObject, createConnectionSlots, deriveAdapter } from "@rds-proxy/core/adapter";
import {
  type Kysely,
  type PostgresCursorConstructor,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
  type PostgresPoolClient,
} from "kysely";
import { preparingBy } from "../connection-hooks.js";
import { InvocationDriver, type PrepareOwn } from "../invocation-driver.js";
import { kyselyFactory } from "../kysely-factory.js";
import { checkAdapterOptions, type KyselyOptions } from "../kysely-options.js";
import { lendUntilRevoked } from "../lend-until-revoked.js";
import { Turns } from "../turns.js";
import { closableCursor } from "./closable-cursor.js";

/** Options of node-postgres and of Kysely; where the database is belongs to the middleware. */
export type KyselyAdapterOptions = PgOptions &
  KyselyOptions & {
    /** The class that `pg-cursor` exports. Only `stream()` needs it. */
    cursor?: PostgresCursorConstructor | undefined;
  };

/**
 * Kysely for the middleware: `context.db` is a Kysely of its own for each invocation, over the one connection that the
 * invocation has. `destroy()` ends the use of this Kysely; the connection stays the middleware's.
 *
 * @throws RdsProxyError for wrong options: here those of Kysely, those of node-postgres when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: kyselyAdapter<DB>() }))
 *   .handler(async (event, { db }) => db.selectFrom("orders").selectAll().execute());
 */
export function kyselyAdapter<DB>(options: KyselyAdapterOptions = {}): Adapter<Kysely<DB>> {
  checkObject("options", options);
  checkAdapterOptions(options);
  const { cursor, plugins, log, onCreateConnection, onReserveConnection, ...driverOptions } = options;
  const prepare = preparingBy({ onCreateConnection, onReserveConnection });
  const streaming = cursor && { cursor: closableCursor(cursor) };
  const createKysely = kyselyFactory<DB>(PostgresDialect, { plugins, log });
  return deriveAdapter(clientAdapter(driverOptions), (client, resolved, waitDeadline) => {
    const turns = new Turns(resolved, waitDeadline);
    const driver = new PostgresDriver({ pool: poolOf(client), ...streaming });
    const prepareOwn: PrepareOwn =
      prepare && ((connection, acquire) => prepare(connection, client(), acquire));
    return { db: createKysely(new InvocationDriver(driver, turns, prepareOwn)), revoke: () => turns.end() };
  });
}

/** Connections as the middleware keeps them for pg alone, without the wrapper that a handler of its own needs. */
function clientAdapter(driverOptions: PgOptions): Adapter<() => RdsProxyClient> {
  return {
    engine: "postgres",
    create(options) {
      const checked = checkPgOptions({ ...driverOptions }, PG_OPTION_NAMES, options);
      const driver = pgDriver(RdsProxyClient, options, checked);
      return createConnectionSlots({ ...driver, createView: lendUntilRevoked<RdsProxyClient> }, options);
    },
  };
}

/** What Kysely takes for a pool: the invocation's connection, which is always ready. */
function poolOf(client: () => RdsProxyClient): PostgresPool {
  const lent: PostgresPoolClient = {
    query(...args: unknown[]) {
      const lender = client();
      return Reflect.apply(lender.query, lender, args);
    },
    release(isBroken?: boolean): void {
      if (isBroken) client().poison();
    },
  };
  const pool = {
    // Kysely 0.28 knows nothing of them.
    options: {},
    connect: async () => lent,
    end: async () => undefined,
  };
  return pool;
}
