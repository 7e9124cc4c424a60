import {
  connectionOptions,
  createPool,
  type MysqlOptions,
  mysql2Adapter,
  type PoolOptions,
} from "@rds-proxy/adapter-mysql2";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import mysql from "mysql2/promise";
import type { Sides } from "../compare.js";
import { inHandler } from "./in-handler.js";

/** What a program of mysql2 runs on: a connection with promises. */
export type MysqlDb = mysql.Connection;

const bareConnection: Sides<MysqlDb, MysqlOptions>["bare"] = async (server, options, work) => {
  const connection = await mysql.createConnection({ ...server, ...options });
  await work(connection).finally(() => connection.end());
};

/** `context.db` of the middleware, beside a connection of mysql2's own. */
export const mysql2Middleware: Sides<MysqlDb, MysqlOptions> = {
  name: "mysql2: context.db",
  engine: "mysql",
  bare: bareConnection,
  ours: (place, options, work) => inHandler(rdsProxy({ ...place, adapter: mysql2Adapter(options) }), work),
};

/** A connection by `connectionOptions()`, beside one without. */
export const mysql2Options: Sides<MysqlDb, MysqlOptions> = {
  name: "mysql2: connectionOptions()",
  engine: "mysql",
  bare: bareConnection,
  async ours(place, options, work) {
    const connection = await mysql.createConnection(connectionOptions({ ...place, ...options }));
    await work(connection).finally(() => connection.end());
  },
};

/** A connection that was taken from a pool, beside one of mysql2's own pool. */
export const mysql2PoolConnection: Sides<MysqlDb, MysqlOptions> = {
  name: "mysql2: a connection of createPool()",
  engine: "mysql",
  bare: (server, options, work) =>
    useConnection(mysql.createPool({ ...server, connectionLimit: 1, ...options }), work),
  ours: (place, options, work) => useConnection(createPool({ ...place, ...options }), work),
};

/** Options of a pool. The number of its connections is 3 on both sides. */
export type MysqlPoolProgramOptions = Omit<PoolOptions, "maxConnections" | "ssl">;

/** A pool of three connections. */
export const mysql2Pool: Sides<mysql.Pool, MysqlPoolProgramOptions> = {
  name: "mysql2: createPool()",
  engine: "mysql",
  bare: ({ host, port, user, password, database }, options, work) =>
    usePool(
      mysql.createPool({ ...onlyDriver(options), connectionLimit: 3, host, port, user, password, database }),
      work,
    ),
  ours: (place, options, work) => usePool(createPool({ maxConnections: 3, ...place, ...options }), work),
};

function onlyDriver(options: object | undefined): mysql.PoolOptions {
  return { ...options };
}

async function useConnection(pool: mysql.Pool, work: (db: MysqlDb) => Promise<void>): Promise<void> {
  await usePool(pool, async () => {
    const connection = await pool.getConnection();
    await work(connection).finally(() => connection.release());
  });
}

async function usePool(pool: mysql.Pool, work: (db: mysql.Pool) => Promise<void>): Promise<void> {
  await work(pool).finally(() => pool.end());
}
