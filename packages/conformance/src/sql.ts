import type { ConformanceSql } from "./harness.js";

/** The `sql` of a harness on PostgreSQL. */
export const postgresSql: ConformanceSql = {
  sessionId: "select pg_backend_pid() as id",
  killItself: "select pg_terminate_backend(pg_backend_pid())",
  sleep: (seconds) => `select pg_sleep(${seconds})`,
};

/** The `sql` of a harness on MySQL or MariaDB. */
export const mysqlSql: ConformanceSql = {
  sessionId: "select connection_id() as id",
  killItself: "kill connection_id()",
  sleep: (seconds) => `select sleep(${seconds})`,
};
