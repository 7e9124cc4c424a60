import { startMysqlServer } from "@rds-proxy/lambda-kit/servers";
import { findMysqlServer, startPrivateMysql } from "@rds-proxy/local-proxy/databases";
import mysql from "mysql2/promise";
import type { Dialect } from "./dialect.js";

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html#error_er_user_limit_reached */
const userLimitReached = 1226;

/** MariaDB or MySQL as it is installed, in a private folder, or the server at TEST_MYSQL_URL. */
export const mysqlOrMariaDb: Dialect = {
  async startServer() {
    // The tests install a missing server; a demo does not.
    if (!process.env["TEST_MYSQL_URL"] && !findMysqlServer()) {
      throw new Error("No MariaDB or MySQL server was found.");
    }
    return await startMysqlServer();
  },
  startSmallServer: (maxConnections) => startPrivateMysql([`max-connections=${maxConnections}`]),
  serverRemedy:
    "The demo needs a MariaDB or MySQL server: mariadbd or mysqld on the PATH (apt-get install mariadb-server, or\n" +
    "brew install mariadb; the demo runs it in a folder of its own, no service has to be started), or another one,\n" +
    "where it may create users and databases, as TEST_MYSQL_URL=mysql://user:password@host:port/database.",
  async logIn({ host, port, user, password, database }) {
    const connection = await mysql.createConnection({ host, port, user, password, database });
    // An interrupted demo stops the server before this connection.
    connection.on("error", () => undefined);
    return {
      async query(sql) {
        const [result] = await connection.query({ sql, rowsAsArray: true });
        return Array.isArray(result) ? result.map((row) => String(Object.values(row)[0])) : [];
      },
      end: () => connection.end(),
    };
  },
  isExhaustion: (error) => error instanceof Error && "errno" in error && error.errno === userLimitReached,
  async version(session) {
    const [version = ""] = await session.query("select version()");
    return `${version.includes("MariaDB") ? "MariaDB" : "MySQL"} ${version.split("-")[0]}`;
  },
  createUser: ({ user, password, database }, connectionLimit) => [
    `create user ${user} identified by '${password}' with max_user_connections ${connectionLimit}`,
    `create database ${database}`,
    `grant all on ${database}.* to ${user}`,
    `create table ${database}.orders (state varchar(20) not null)`,
  ],
  databaseOf: (user) => user,
  sessionsOf: (user) => `select id from information_schema.processlist where user = '${user}'`,
  endSession: (id) => `kill ${id}`,
  dropUser: (user) => [`drop database ${user}`, `drop user ${user}`],
};
