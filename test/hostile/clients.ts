import middy from "@middy/core";
import { drizzleAdapter as drizzleMysqlAdapter } from "@rds-proxy/adapter-drizzle/mysql";
import { drizzleAdapter } from "@rds-proxy/adapter-drizzle/postgres";
import {
  kyselyAdapter as kyselyMysqlAdapter,
  RdsProxyDialect as MysqlRdsProxyDialect,
} from "@rds-proxy/adapter-kysely/mysql";
import { kyselyAdapter, RdsProxyDialect } from "@rds-proxy/adapter-kysely/postgres";
import { createPool as createMysqlPool, connectionOptions as mysqlOptions } from "@rds-proxy/adapter-mysql2";
import { createPool, connectionOptions as pgOptions } from "@rds-proxy/adapter-pg";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { resolveOptions } from "@rds-proxy/core/adapter";
import { type RdsProxyMiddleware, rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { Kysely, sql } from "kysely";
import mysql from "mysql2/promise";
import pg from "pg";
import { Sequelize } from "sequelize";
import { onTestFinished } from "vitest";
import { lambdaContext } from "../../packages/conformance/src/lambda-context.js";
import { createProtocol } from "../../packages/connect/src/command/create-protocol.js";

/** One way to get a connection. */
export interface Client {
  readonly name: string;
  connect(options: RdsProxyOptions): Promise<unknown>;
}

export const clients: Readonly<Record<"postgres" | "mysql", readonly Client[]>> = {
  postgres: [
    { name: "a handler with pg", connect: (options) => invoke(rdsProxy({ ...options, prefetch: false })) },
    { name: "warmUp()", connect: (options) => rdsProxy({ ...options, prefetch: false }).warmUp() },
    {
      name: "a handler with Kysely",
      connect: (options) => invoke(rdsProxy({ ...options, prefetch: false, adapter: kyselyAdapter() })),
    },
    {
      name: "a handler with Drizzle",
      connect: (options) => invoke(rdsProxy({ ...options, prefetch: false, adapter: drizzleAdapter() })),
    },
    {
      name: "a handler with Sequelize",
      connect: (options) => {
        const adapter = sequelizeAdapter({ dialect: "postgres", logging: false });
        return invoke(rdsProxy({ ...options, prefetch: false, adapter }));
      },
    },
    {
      name: "a pool of pg",
      connect: (options) => {
        const pool = createPool(options);
        onTestFinished(() => pool.end());
        return pool.connect();
      },
    },
    { name: "Kysely", connect: (options) => ask(new Kysely({ dialect: new RdsProxyDialect(options) })) },
    { name: "Sequelize", connect: (options) => authenticate("postgres", options) },
    { name: "rds-proxy-connect", connect: (options) => check("postgres", options) },
    {
      name: "pg itself",
      async connect(options) {
        const client = new pg.Client(pgOptions(options));
        client.on("error", () => undefined);
        await client.connect();
      },
    },
  ],
  mysql: [
    {
      name: "a handler with mysql2",
      connect: (options) => invoke(rdsProxyMysql({ ...options, prefetch: false })),
    },
    { name: "warmUp()", connect: (options) => rdsProxyMysql({ ...options, prefetch: false }).warmUp() },
    {
      name: "a handler with Kysely",
      connect: (options) =>
        invoke(rdsProxyMysql({ ...options, prefetch: false, adapter: kyselyMysqlAdapter() })),
    },
    {
      name: "a handler with Drizzle",
      connect: (options) =>
        invoke(rdsProxyMysql({ ...options, prefetch: false, adapter: drizzleMysqlAdapter() })),
    },
    {
      name: "a handler with Sequelize",
      connect: (options) => {
        const adapter = sequelizeAdapter({ dialect: "mysql", logging: false });
        return invoke(rdsProxyMysql({ ...options, prefetch: false, adapter }));
      },
    },
    {
      name: "a pool of mysql2",
      connect: (options) => {
        const pool = createMysqlPool(options);
        onTestFinished(() => pool.end());
        return pool.getConnection();
      },
    },
    {
      name: "Kysely",
      connect: (options) => ask(new Kysely({ dialect: new MysqlRdsProxyDialect(options) })),
    },
    { name: "Sequelize", connect: (options) => authenticate("mysql", options) },
    { name: "rds-proxy-connect", connect: (options) => check("mysql", options) },
    { name: "mysql2 itself", connect: (options) => mysql.createConnection(mysqlOptions(options)) },
  ],
};

async function invoke<Db>(middleware: RdsProxyMiddleware<"db", Db>): Promise<void> {
  onTestFinished(() => middleware.close());
  const handler = middy()
    .use(middleware)
    .handler(async () => undefined);
  await handler({}, lambdaContext(3000));
}

/** The login of `rds-proxy-connect`. */
async function check(engine: "postgres" | "mysql", options: RdsProxyOptions): Promise<void> {
  const protocol = await createProtocol(resolveOptions(options, engine), undefined);
  await protocol.check();
}

async function ask(db: Kysely<unknown>): Promise<void> {
  onTestFinished(() => db.destroy());
  await sql`select 1`.execute(db);
}

async function authenticate(
  dialect: "postgres" | "mysql",
  { host, port, user, database, ...others }: RdsProxyOptions,
): Promise<void> {
  const own = {
    dialect,
    host: host ?? "",
    port: Number(port),
    username: user ?? "",
    database: database ?? "",
  };
  const sequelize = new Sequelize(withRdsProxy({ ...own, logging: false }, others));
  onTestFinished(() => sequelize.close());
  await sequelize.authenticate();
}
