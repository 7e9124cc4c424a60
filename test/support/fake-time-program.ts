// Uses connections while time is faked, and reports the result to its parent. A process of its own, since the proxy needs
// real time.
import { mock } from "node:test";
import middy from "@middy/core";
import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { createPool as createPgPool } from "@rds-proxy/adapter-pg";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { type RdsProxyMiddleware, rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as mysqlRdsProxy } from "@rds-proxy/middleware/mysql";
import { install } from "@sinonjs/fake-timers";
import mysql from "mysql2/promise";
import pg from "pg";
import { type Dialect, Sequelize } from "sequelize";
import type { connectTo } from "./connect-to.js";

/** One use of connections, and the options for it. */
export interface FakeTimeTask {
  readonly use: keyof typeof USES;
  /** To the database, for a driver or ORM by itself. */
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  /** To the proxy, for an adapter. */
  readonly options: ReturnType<typeof connectTo>;
}

const TOOLS = {
  // Both also set the date to 0, long before the token's time.
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

/** Opens a connection, and uses it again when it is warm. */
async function usePool(pool: { query(sql: string): Promise<unknown>; end(): Promise<void> }): Promise<void> {
  for (let time = 0; time < 3; time++) await pool.query("select 1 as one");
  await pool.end();
}

async function useSequelize(sequelize: Sequelize): Promise<void> {
  for (let time = 0; time < 3; time++) await sequelize.query("select 1 as one");
  await sequelize.close();
}

async function useMiddleware<Db extends { query(sql: string): Promise<unknown> }>(
  middleware: RdsProxyMiddleware<"db", Db>,
): Promise<void> {
  const handler = middy()
    .use(middleware)
    .handler(async (_event, { db }) => db.query("select 1 as one"));
  for (let time = 0; time < 3; time++) await Reflect.apply(handler, undefined, [{}, {}]);
  await middleware.close();
}

function bareSequelize(dialect: Dialect, { user: username, ...server }: FakeTimeTask["server"]): Sequelize {
  return new Sequelize({ ...server, username, dialect, logging: false });
}

function proxiedSequelize(dialect: "postgres" | "mysql", options: FakeTimeTask["options"]): Sequelize {
  const { host, port, user: username, database, ...others } = options;
  return new Sequelize(withRdsProxy({ dialect, host, port, username, database, logging: false }, others));
}

/** The ways to use a database: by a driver or ORM alone, and with an adapter. */
const USES = {
  "pg by itself": ({ server }: FakeTimeTask) => usePool(new pg.Pool(server)),
  "pg pool": ({ options }: FakeTimeTask) => usePool(createPgPool(options)),
  "pg middleware": ({ options }: FakeTimeTask) => useMiddleware(rdsProxy(options)),
  "mysql2 by itself": ({ server }: FakeTimeTask) => usePool(mysql.createPool(server)),
  "mysql2 pool": ({ options }: FakeTimeTask) => usePool(createMysqlPool(options)),
  "mysql2 middleware": ({ options }: FakeTimeTask) => useMiddleware(mysqlRdsProxy(options)),
  "Sequelize on pg by itself": ({ server }: FakeTimeTask) => useSequelize(bareSequelize("postgres", server)),
  "Sequelize on pg": ({ options }: FakeTimeTask) => useSequelize(proxiedSequelize("postgres", options)),
  "Sequelize on pg, middleware": ({ options }: FakeTimeTask) =>
    useMiddleware(
      rdsProxy({ ...options, adapter: sequelizeAdapter({ dialect: "postgres", logging: false }) }),
    ),
  "Sequelize on mysql2 by itself": ({ server }: FakeTimeTask) => useSequelize(bareSequelize("mysql", server)),
  "Sequelize on mysql2": ({ options }: FakeTimeTask) => useSequelize(proxiedSequelize("mysql", options)),
  "Sequelize on mysql2, middleware": ({ options }: FakeTimeTask) =>
    useMiddleware(
      mysqlRdsProxy({ ...options, adapter: sequelizeAdapter({ dialect: "mysql", logging: false }) }),
    ),
} as const;

const [, , tool = ""] = process.argv;
if (tool !== "sinon" && tool !== "node:test") throw new Error(`unknown tool: ${tool}`);
TOOLS[tool]();

process.on("message", (task: FakeTimeTask) => {
  USES[task.use](task).then(
    () => process.send?.("done"),
    (error: unknown) => process.send?.(String(error)),
  );
});
process.send?.("ready");
