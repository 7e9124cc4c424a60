// Run by Jest in a consumer's project, behind the local proxy. ENGINE and DATABASE_URL are globals of Jest's configuration.
/* global ENGINE, DATABASE_URL, afterEach, describe, test */
import { jest } from "@jest/globals";
import middy from "@middy/core";
import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { createPool as createPgPool } from "@rds-proxy/adapter-pg";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { rdsProxy as pgRdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as mysqlRdsProxy } from "@rds-proxy/middleware/mysql";
import mysql2 from "mysql2";
import mysql from "mysql2/promise";
import pg from "pg";
import { Sequelize } from "sequelize";

const isMysql = ENGINE === "mysql";
const rdsProxy = isMysql ? mysqlRdsProxy : pgRdsProxy;
/** Anew for each instance: given a URL, Sequelize writes what it finds there into them. */
const sequelizeOptions = () => ({ dialect: ENGINE, dialectModule: isMysql ? mysql2 : pg, logging: false });

/** Opens a connection, and uses it again when it is warm. */
async function useRepeatedly({ query, close }) {
  for (let time = 0; time < 3; time++) await query("select 1 as one");
  await close();
}

const usePool = (pool) => useRepeatedly({ query: (sql) => pool.query(sql), close: () => pool.end() });

const useSequelize = (sequelize) =>
  useRepeatedly({ query: (sql) => sequelize.query(sql), close: () => sequelize.close() });

function useMiddleware(middleware) {
  const handler = middy()
    .use(middleware)
    .handler((sql, { db }) => db.query(sql));
  return useRepeatedly({ query: (sql) => handler(sql, {}), close: () => middleware.close() });
}

async function usePgClient() {
  const client = new pg.Client(DATABASE_URL);
  await client.connect();
  await useRepeatedly({ query: (sql) => client.query(sql), close: () => client.end() });
}

const pools = isMysql
  ? [
      ["mysql2's pool by itself", () => usePool(mysql.createPool(DATABASE_URL))],
      ["a pool for mysql2", () => usePool(createMysqlPool())],
    ]
  : [
      ["node-postgres' pool by itself", () => usePool(new pg.Pool({ connectionString: DATABASE_URL }))],
      ["a pool for node-postgres", () => usePool(createPgPool())],
    ];

const sequelize = [
  ["Sequelize by itself", () => useSequelize(new Sequelize(DATABASE_URL, sequelizeOptions()))],
  ["Sequelize", () => useSequelize(new Sequelize(withRdsProxy(sequelizeOptions())))],
  [
    "Sequelize in the middleware",
    () => useMiddleware(rdsProxy({ adapter: sequelizeAdapter(sequelizeOptions()) })),
  ],
];

const middleware = ["the middleware", () => useMiddleware(rdsProxy())];

afterEach(() => {
  jest.useRealTimers();
});

describe("while Jest fakes all timers but nextTick", () => {
  test.each([...pools, middleware, ...sequelize])("%s works", async (_name, use) => {
    jest.useFakeTimers({ now: 0, doNotFake: ["nextTick"] });
    await use();
  });
});

// mysql2 and node-postgres' pool call process.nextTick, so they stand still by themselves.
if (!isMysql) {
  describe("while Jest fakes all timers", () => {
    test.each([["node-postgres' client by itself", usePgClient], middleware, ...sequelize])(
      "%s works",
      async (_name, use) => {
        jest.useFakeTimers({ now: 0 });
        await use();
      },
    );
  });
}
