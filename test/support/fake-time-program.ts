// Uses connections while time is faked, and reports the result to its parent. A process of its own, since the proxy needs
// real time.
import { mock } from "node:test";
import middy from "@middy/core";
import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { createPool as createPgPool } from "@rds-proxy/adapter-pg";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as mysqlRdsProxy } from "@rds-proxy/middleware/mysql";
import { install } from "@sinonjs/fake-timers";
import { Sequelize } from "sequelize";

/** One use of connections, and the options for it. */
export interface FakeTimeTask {
  readonly use: keyof typeof USES;
  readonly options: RdsProxyOptions;
}

const TOOLS = {
  // Both also stop the date at 0, long before any token was signed.
  sinon: (): void => {
    // Not `nextTick` and `queueMicrotask`, which Node's own sockets need.
    install({
      toFake: [
        "setTimeout",
        "clearTimeout",
        "setInterval",
        "clearInterval",
        "setImmediate",
        "clearImmediate",
        "Date",
        "hrtime",
        "performance",
      ],
    });
  },
  "node:test": (): void => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"], now: 0 });
  },
} as const;

/** Each opens a connection, and uses it again when it is warm. */
const USES = {
  "pg pool": async (options: RdsProxyOptions): Promise<void> => {
    const pool = createPgPool(options);
    for (let time = 0; time < 3; time++) await pool.query("select 1 as one");
    await pool.end();
  },
  "mysql2 pool": async (options: RdsProxyOptions): Promise<void> => {
    const pool = createMysqlPool(options);
    for (let time = 0; time < 3; time++) await pool.query("select 1 as one");
    await pool.end();
  },
  "pg middleware": async (options: RdsProxyOptions): Promise<void> => {
    const middleware = rdsProxy(options);
    const handler = middy()
      .use(middleware)
      .handler(async (_event, { db }) => db.query("select 1 as one"));
    for (let time = 0; time < 3; time++) await Reflect.apply(handler, undefined, [{}, {}]);
    await middleware.close();
  },
  "mysql2 middleware": async (options: RdsProxyOptions): Promise<void> => {
    const middleware = mysqlRdsProxy(options);
    const handler = middy()
      .use(middleware)
      .handler(async (_event, { db }) => db.query("select 1 as one"));
    for (let time = 0; time < 3; time++) await Reflect.apply(handler, undefined, [{}, {}]);
    await middleware.close();
  },
  "pg Sequelize": async ({ host, port, user, database, ...others }: RdsProxyOptions): Promise<void> => {
    const place = { host: host ?? "", port: port ?? 0, username: user ?? "", database: database ?? "" };
    const sequelize = new Sequelize(withRdsProxy({ dialect: "postgres", logging: false, ...place }, others));
    for (let time = 0; time < 3; time++) await sequelize.query("select 1 as one");
  },
  "mysql2 Sequelize middleware": async (options: RdsProxyOptions): Promise<void> => {
    const middleware = mysqlRdsProxy({
      ...options,
      adapter: sequelizeAdapter({ dialect: "mysql", logging: false }),
    });
    const handler = middy()
      .use(middleware)
      .handler(async (_event, { db }) => db.query("select 1 as one"));
    for (let time = 0; time < 3; time++) await Reflect.apply(handler, undefined, [{}, {}]);
  },
} as const;

const [, , tool = ""] = process.argv;
if (tool !== "sinon" && tool !== "node:test") throw new Error(`no tool to fake time: ${tool}`);
TOOLS[tool]();

process.on("message", ({ use, options }: FakeTimeTask) => {
  USES[use](options).then(
    () => process.send?.("done"),
    (error: unknown) => process.send?.(String(error)),
  );
});
process.send?.("ready");
