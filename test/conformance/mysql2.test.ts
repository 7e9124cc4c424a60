import type { MysqlConnection } from "@rds-proxy/adapter-mysql2";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { RowDataPacket } from "mysql2/promise";
import { inject } from "vitest";
import type { ConformanceHarness } from "./harness.js";
import { describeConformance } from "./suite.js";

const harness: ConformanceHarness<MysqlConnection> = {
  name: "mysql2 on MySQL or MariaDB",
  user: inject("mysql").user,
  sql: {
    sessionId: "select connection_id() as id",
    hasWritten:
      "select count(*) as open from information_schema.innodb_trx where trx_mysql_thread_id = connection_id()",
    killItself: "kill connection_id()",
    sleep: (seconds) => `select sleep(${seconds})`,
  },
  startProxy: (options) => startLocalProxy({ engine: "mysql", upstream: inject("mysql"), ...options }),
  createMiddleware: (options) => rdsProxy(options),
  async query(db, statement) {
    // Statements without rows answer with a header.
    const [result] = await db.query<RowDataPacket[]>(statement);
    return Array.isArray(result) ? result : [];
  },
  plainMessageTypes: ["COM_QUERY"],
};

describeConformance(harness);
