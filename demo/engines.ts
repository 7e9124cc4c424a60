import { fileURLToPath } from "node:url";
import type { LocalProxyOptions } from "@rds-proxy/local-proxy";
import type { Database } from "./databases/database.js";
import { mysqlOrMariaDb } from "./databases/mysql.js";
import { postgres } from "./databases/postgres.js";
import { startDatabase } from "./databases/start-database.js";

/** Everything in the demo that depends on the database. */
export interface Engine {
  readonly name: LocalProxyOptions["engine"];
  startDatabase(): Promise<Database>;
  /** Starts a private server with this `max_connections`. */
  startSmallDatabase(maxConnections: number): Promise<Database>;
  /** Absolute paths of their modules. */
  readonly handlers: Readonly<Record<"withRdsProxy" | "withSnippet" | "withKeptToken", string>>;
  /** Describes the usual snippet, which is no straw man. */
  readonly snippet: string;
}

/** The values of `--engine`. */
export const engines: readonly Engine[] = [
  {
    name: "postgres",
    startDatabase: () => startDatabase(postgres),
    startSmallDatabase: (maxConnections) => startDatabase(postgres, maxConnections),
    handlers: handlersOf("postgres"),
    snippet: "a pg.Pool of one connection that signs a token per login, verifies TLS, listens for errors",
  },
  {
    name: "mysql",
    startDatabase: () => startDatabase(mysqlOrMariaDb),
    startSmallDatabase: (maxConnections) => startDatabase(mysqlOrMariaDb, maxConnections),
    handlers: handlersOf("mysql"),
    snippet: "a mysql2/promise pool of one connection that signs a token per login and verifies TLS",
  },
];

function handlersOf(name: Engine["name"]): Engine["handlers"] {
  const pathOf = (file: string): string =>
    fileURLToPath(new URL(`./handlers/${name}/${file}.ts`, import.meta.url));
  return {
    withRdsProxy: pathOf("with-rds-proxy"),
    withSnippet: pathOf("with-snippet"),
    withKeptToken: pathOf("with-kept-token"),
  };
}
