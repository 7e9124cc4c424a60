import { connectionOptions, createPool, type PgPoolOptions, pgAdapter } from "@rds-proxy/adapter-pg";
import { rdsProxy } from "@rds-proxy/middleware";
import pg from "pg";
import { inject } from "vitest";
import type { Sides } from "../compare.js";
import { inHandler } from "./in-handler.js";

/** What a program of node-postgres runs on: a client that is connected. */
export type PgDb = pg.ClientBase;

/** Options of node-postgres that both sides take. */
export type PgProgramOptions = NonNullable<Parameters<typeof pgAdapter>[0]>;

/** A `pg.Client`, and ours in each way of getting one. */
export const pgClient: Sides<PgDb, PgProgramOptions> = {
  name: "pg",
  engine: "postgres",
  server: () => inject("postgres"),
  async bare(server, options, work) {
    const client = new pg.Client({ ...server, ...options });
    await client.connect();
    await work(client).finally(() => client.end());
  },
  ours: {
    "context.db": (place, options, work) =>
      inHandler(rdsProxy({ ...place, adapter: pgAdapter(options) }), work),
    async "connectionOptions()"(place, options, work) {
      const client = new pg.Client(connectionOptions({ ...place, ...options }));
      await client.connect();
      await work(client).finally(() => client.end());
    },
    "a client of createPool()": (place, options, work) =>
      usePool(createPool({ ...place, ...options }), async (pool) => {
        const client = await pool.connect();
        await work(client).finally(() => client.release());
      }),
  },
};

/** Options of a pool. The number of its connections is 3 on both sides. */
export type PgPoolProgramOptions = Omit<PgPoolOptions, "maxConnections">;

/** A pool of three connections. */
export const pgPool: Sides<pg.Pool, PgPoolProgramOptions> = {
  name: "pg.Pool",
  engine: "postgres",
  server: () => inject("postgres"),
  bare: (server, { acquireTimeoutMs, ...options } = {}, work) => {
    const { host, port, user, password, database } = server;
    // The adapter keeps idle connections by default, which do not keep the process alive, as its README says.
    const limits = {
      max: 3,
      idleTimeoutMillis: 0,
      allowExitOnIdle: true,
      connectionTimeoutMillis: acquireTimeoutMs ?? 30_000,
    };
    return usePool(
      new pg.Pool({ ...onlyDriver(options), ...limits, host, port, user, password, database }),
      work,
    );
  },
  ours: {
    "createPool()": (place, options, work) =>
      usePool(createPool({ maxConnections: 3, ...place, ...options }), work),
  },
};

function onlyDriver(options: object): pg.PoolConfig {
  return { ...options };
}

async function usePool(pool: pg.Pool, work: (db: pg.Pool) => Promise<void>): Promise<void> {
  await work(pool).finally(() => pool.end());
}
