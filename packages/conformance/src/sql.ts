import type { Sql } from "./harness.js";

/** What a harness on PostgreSQL has as `sql`. */
export const postgresSql: Sql = {
  sessionId: "select pg_backend_pid() as id",
  killItself: "select pg_terminate_backend(pg_backend_pid())",
  sleep: (seconds) => `select pg_sleep(${seconds})`,
};

/** What a harness on MySQL or MariaDB has as `sql`. */
export const mysqlSql: Sql = {
  sessionId: "select connection_id() as id",
  killItself: "kill connection_id()",
  sleep: (seconds) => `select sleep(${seconds})`,
};
