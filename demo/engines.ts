import type { LocalProxyOptions } from "@rds-proxy/local-proxy";
import type { Database } from "./databases/database.js";
import { mysqlOrMariaDb } from "./databases/mysql.js";
import { postgres } from "./databases/postgres.js";
import { startDatabase } from "./databases/start-database.js";

/** Everything about the story that depends on the database. */
export interface Engine {
  readonly name: LocalProxyOptions["engine"];
  startDatabase(): Promise<Database>;
  /** A server of the demo's own that accepts so many connections and no more. */
  startSmallDatabase(maxConnections: number): Promise<Database>;
  readonly handlers: Readonly<Record<"withRdsProxy" | "withSnippet" | "withKeptToken", URL>>;
  /** What the usual snippet is, for a reader who wonders whether it was made to lose. */
  readonly snippet: string;
}

/** What `--engine` may name. */
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
  return {
    withRdsProxy: new URL(`./handlers/${name}/with-rds-proxy.ts`, import.meta.url),
    withSnippet: new URL(`./handlers/${name}/with-snippet.ts`, import.meta.url),
    withKeptToken: new URL(`./handlers/${name}/with-kept-token.ts`, import.meta.url),
  };
}
