import type { PgOptions } from "@rds-proxy/adapter-pg";
import { RdsProxyClient } from "@rds-proxy/adapter-pg/client";
import { checkPgOptions, PG_OPTION_NAMES, pgDriver } from "@rds-proxy/adapter-pg/driver";
import { type Adapter, checkObject, createConnectionSlots, deriveAdapter } from "@rds-proxy/core/adapter";
import { ConnectionTurns } from "@rds-proxy/core/internal";
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
import { createRevocableGetter } from "../revocable-getter.js";
import { TURNS_REMEDY } from "../turns-remedy.js";
import { closableCursor } from "./closable-cursor.js";

/** Options of node-postgres and of Kysely. The middleware has those of the endpoint. */
export type KyselyAdapterOptions = PgOptions &
  KyselyOptions & {
    /**
     * The class that `pg-cursor` exports. Only `stream()` needs it.
     *
     * @default none
     */
    cursor?: PostgresCursorConstructor | undefined;
  };

/**
 * Kysely for the middleware: `context.db` is a new Kysely instance for each invocation, over the invocation's one connection.
 * `destroy()` ends the instance; the middleware keeps the connection.
 *
 * @throws RdsProxyError for wrong options: here those of Kysely, those of node-postgres when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: kyselyAdapter<DB>() }))
 *   .handler(async (_event, { db }) => db.selectFrom("orders").selectAll().execute());
 */
export function kyselyAdapter<DB>(options: KyselyAdapterOptions = {}): Adapter<Kysely<DB>> {
  checkObject("options", options);
  checkAdapterOptions(options);
  const { cursor, plugins, log, onCreateConnection, onReserveConnection, ...driverOptions } = options;
  const prepare = preparingBy(
    { onCreateConnection, onReserveConnection },
    ({ session }: RdsProxyClient) => session,
  );
  const streaming = cursor && { cursor: closableCursor(cursor) };
  const createKysely = kyselyFactory<DB>(PostgresDialect, { plugins, log });
  return deriveAdapter(clientAdapter(driverOptions), (client, resolved, waitDeadline) => {
    const turns = new ConnectionTurns(resolved, waitDeadline, TURNS_REMEDY);
    const driver = new PostgresDriver({ pool: poolOf(client), ...streaming });
    const prepareOwn: PrepareOwn =
      prepare && ((connection, acquire) => prepare(connection, client(), acquire));
    return { db: createKysely(new InvocationDriver(driver, turns, prepareOwn)), revoke: () => turns.close() };
  });
}

/** node-postgres's adapter, but with a cheaper view than a handler needs. */
function clientAdapter(driverOptions: PgOptions): Adapter<() => RdsProxyClient> {
  return {
    engine: "postgres",
    create(options) {
      const checked = checkPgOptions({ ...driverOptions }, PG_OPTION_NAMES, options);
      const driver = pgDriver(RdsProxyClient, options, checked);
      return createConnectionSlots({ ...driver, createView: createRevocableGetter<RdsProxyClient> }, options);
    },
  };
}

/** A pool in Kysely's terms, whose only connection is the invocation's. */
function poolOf(client: () => RdsProxyClient): PostgresPool {
  const connection: PostgresPoolClient = {
    query(...args: unknown[]) {
      const owner = client();
      return Reflect.apply(owner.query, owner, args);
    },
    release(isBroken?: boolean): void {
      if (isBroken) client().markUnusable();
    },
  };
  const pool = {
    // Kysely 0.28 does not read them.
    options: {},
    connect: async () => connection,
    end: async () => undefined,
  };
  return pool;
}
