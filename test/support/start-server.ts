import type { RunningServer } from "@rds-proxy/local-proxy/databases";
import type { TestedAdapter } from "./adapters.js";
import { startMysqlServer } from "./mysql-server.js";
import { startPostgresServer } from "./postgres-server.js";

/** Starts a server of an engine, with room for tests that open many sessions. */
export const startServer: Readonly<Record<TestedAdapter["engine"], () => Promise<RunningServer>>> = {
  postgres: () => startPostgresServer(["max_connections=200"]),
  mysql: () => startMysqlServer(),
};
