import mysql from "mysql2/promise";
import type { Dialect } from "./dialect.js";

export const mysqlOrMariaDb: Dialect = {
  async logIn({ host, port, user, password, database }) {
    const connection = await mysql.createConnection({ host, port, user, password, database });
    // The server may end before this connection.
    connection.on("error", () => undefined);
    return {
      async query(statement) {
        const [result] = await connection.query<mysql.RowDataPacket[]>(statement);
        return Array.isArray(result) ? result : [];
      },
      end: () => connection.end(),
    };
  },
  createUser: ({ user, password }) => [
    `create user ${user} identified by '${password}'`,
    `create database ${user}`,
    `grant all on ${user}.* to ${user}`,
  ],
  databaseOf: (user) => user,
  sessionsOf: (user) => `select id from information_schema.processlist where user = '${user}'`,
  endSession: (id) => `kill ${id}`,
  limitSessions: (user, count = 0) => `alter user ${user} with max_user_connections ${count}`,
  sleep: (seconds) => `select sleep(${seconds})`,
  dropUser: (user) => [`drop database ${user}`, `drop user ${user}`],
};
