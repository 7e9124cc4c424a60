import pg from "pg";
import type { Dialect } from "./dialect.js";

export const postgres: Dialect = {
  async logIn({ host, port, user, password, database }) {
    const client = new pg.Client({ host, port, user, password, database });
    // The server may end before this connection.
    client.on("error", () => undefined);
    await client.connect();
    return {
      query: async (statement) => (await client.query(statement)).rows,
      end: () => client.end(),
    };
  },
  createUser: ({ user, password }) => [
    `create role ${user} login password '${password}'`,
    // PostgreSQL's search path begins with the schema of the user's name.
    `create schema ${user} authorization ${user}`,
  ],
  databaseOf: (_, { database }) => database,
  sessionsOf: (user) => `select pid as id from pg_stat_activity where usename = '${user}'`,
  endSession: (id) => `select pg_terminate_backend(${id})`,
  limitSessions: (user, count = -1) => `alter role ${user} connection limit ${count}`,
  sleep: (seconds) => `select pg_sleep(${seconds})`,
  dropUser: (user) => [`drop owned by ${user} cascade`, `drop role ${user}`],
};
