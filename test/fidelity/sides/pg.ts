import { connectionOptions, createPool, type PoolOptions, pgAdapter } from "@rds-proxy/adapter-pg";
import { rdsProxy } from "@rds-proxy/middleware";
import pg from "pg";
import type { Sides } from "../compare.js";
import { inHandler } from "./in-handler.js";

/** What a program of node-postgres runs on: a client that is connected. */
export type PgDb = pg.ClientBase;

/** Options of node-postgres that both sides take. */
export type PgProgramOptions = NonNullable<Parameters<typeof pgAdapter>[0]>;

const bareClient: Sides<PgDb, PgProgramOptions>["bare"] = async (server, options, work) => {
  const client = new pg.Client({ ...server, ...options });
  await client.connect();
  await work(client).finally(() => client.end());
};

/** `context.db` of the middleware, beside a `pg.Client`. */
export const pgMiddleware: Sides<PgDb, PgProgramOptions> = {
  name: "pg: context.db",
  engine: "postgres",
  bare: bareClient,
  ours: (place, options, work) => inHandler(rdsProxy({ ...place, adapter: pgAdapter(options) }), work),
};

/** A `pg.Client` with `connectionOptions()`, beside one without. */
export const pgOptions: Sides<PgDb, PgProgramOptions> = {
  name: "pg: connectionOptions()",
  engine: "postgres",
  bare: bareClient,
  async ours(place, options, work) {
    const client = new pg.Client(connectionOptions({ ...place, ...options }));
    await client.connect();
    await work(client).finally(() => client.end());
  },
};

/** A client that was taken from a pool, beside one from a `pg.Pool`. */
export const pgPoolClient: Sides<PgDb, PgProgramOptions> = {
  name: "pg: a client of createPool()",
  engine: "postgres",
  bare: (server, options, work) => useClient(new pg.Pool({ ...server, max: 1, ...options }), work),
  ours: (place, options, work) => useClient(createPool({ ...place, ...options }), work),
};

/** Options of a pool. The number of its connections is 3 on both sides. */
export type PgPoolProgramOptions = Omit<PoolOptions, "maxConnections">;

/** A pool of three connections. */
export const pgPool: Sides<pg.Pool, PgPoolProgramOptions> = {
  name: "pg: createPool()",
  engine: "postgres",
  bare: (server, { acquireTimeoutMs, ...options } = {}, work) => {
    const { host, port, user, password, database } = server;
    // The adapter keeps idle connections by default, as its README says.
    const limits = { max: 3, idleTimeoutMillis: 0, connectionTimeoutMillis: acquireTimeoutMs ?? 30_000 };
    return usePool(
      new pg.Pool({ ...onlyDriver(options), ...limits, host, port, user, password, database }),
      work,
    );
  },
  ours: (place, options, work) => usePool(createPool({ maxConnections: 3, ...place, ...options }), work),
};

function onlyDriver(options: object): pg.PoolConfig {
  return { ...options };
}

async function useClient(pool: pg.Pool, work: (db: PgDb) => Promise<void>): Promise<void> {
  await usePool(pool, async () => {
    const client = await pool.connect();
    await work(client).finally(() => client.release());
  });
}

async function usePool(pool: pg.Pool, work: (db: pg.Pool) => Promise<void>): Promise<void> {
  await work(pool).finally(() => pool.end());
}
