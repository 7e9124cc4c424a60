import type { LocalProxyOptions } from "@rds-proxy/local-proxy";
import type { RunningServer } from "@rds-proxy/local-proxy/databases";
import { startMysqlServer } from "./mysql-server.js";
import { startPostgresServer } from "./postgres-server.js";

/** Starts a server of an engine, with room for tests that open many sessions. */
export const startServer: Readonly<Record<LocalProxyOptions["engine"], () => Promise<RunningServer>>> = {
  postgres: () => startPostgresServer(["max_connections=200"]),
  mysql: () => startMysqlServer(),
};
