import { kyselyAdapter } from "@rds-proxy/adapter-kysely/mysql";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import { type Kysely, sql } from "kysely";
import { inject } from "vitest";
import type { ConformanceHarness } from "./harness.js";
import { kyselyExceptions } from "./kysely-exceptions.js";
import { describeConformance } from "./suite.js";

const harness: ConformanceHarness<Kysely<unknown>> = {
  name: "Kysely on MySQL or MariaDB",
  user: inject("mysql").user,
  sql: {
    sessionId: "select connection_id() as id",
    hasWritten:
      "select count(*) as open from information_schema.innodb_trx where trx_mysql_thread_id = connection_id()",
    killItself: "kill connection_id()",
    sleep: (seconds) => `select sleep(${seconds})`,
  },
  startProxy: (options) => startLocalProxy({ engine: "mysql", upstream: inject("mysql"), ...options }),
  createMiddleware: (options) => rdsProxy({ ...options, adapter: kyselyAdapter<unknown>() }),
  query: async (db, statement) => (await sql.raw<Record<string, unknown>>(statement).execute(db)).rows,
  plainMessageTypes: ["COM_QUERY"],
  exceptions: kyselyExceptions(() => harness),
};

describeConformance(harness);
