import {
  connectionOptions,
  createPool,
  type Mysql2Options,
  type Mysql2PoolOptions,
  mysql2Adapter,
} from "@rds-proxy/adapter-mysql2";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import mysql from "mysql2/promise";
import { inject } from "vitest";
import type { Sides } from "../compare.js";
import { inHandler } from "./in-handler.js";

/** What a program of mysql2 runs on: a connection with promises. */
export type MysqlDb = mysql.Connection;

/** A connection of mysql2's own, and ours in each way of getting one. */
export const mysql2Connection: Sides<MysqlDb, Mysql2Options> = {
  name: "mysql2",
  engine: "mysql",
  server: () => inject("mysql"),
  async bare(server, options, work) {
    const connection = await mysql.createConnection({ ...server, ...options });
    await work(connection).finally(() => connection.end());
  },
  ours: {
    "context.db": (place, options, work) =>
      inHandler(rdsProxy({ ...place, adapter: mysql2Adapter(options) }), work),
    async "connectionOptions()"(place, options, work) {
      const connection = await mysql.createConnection(connectionOptions({ ...place, ...options }));
      await work(connection).finally(() => connection.end());
    },
    "a connection of createPool()": (place, options, work) =>
      usePool(createPool({ ...place, ...options }), async (pool) => {
        const connection = await pool.getConnection();
        await work(connection).finally(() => connection.release());
      }),
  },
};

/** Options of a pool. The number of its connections is 3 on both sides. */
export type MysqlPoolProgramOptions = Omit<Mysql2PoolOptions, "maxConnections" | "ssl">;

/** A pool of three connections. */
export const mysql2Pool: Sides<mysql.Pool, MysqlPoolProgramOptions> = {
  name: "a pool of mysql2",
  engine: "mysql",
  server: () => inject("mysql"),
  bare: ({ host, port, user, password, database }, options, work) =>
    usePool(
      mysql.createPool({ ...onlyDriver(options), connectionLimit: 3, host, port, user, password, database }),
      work,
    ),
  ours: {
    "createPool()": (place, options, work) =>
      usePool(createPool({ maxConnections: 3, ...place, ...options }), work),
  },
};

function onlyDriver(options: object | undefined): mysql.PoolOptions {
  return { ...options };
}

async function usePool(pool: mysql.Pool, work: (db: mysql.Pool) => Promise<void>): Promise<void> {
  await work(pool).finally(() => pool.end());
}
