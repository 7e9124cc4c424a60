import type { LocalProxyOptions } from "@rds-proxy/local-proxy";
import type { Database } from "./databases/database.js";
import { startPostgres } from "./databases/postgres.js";

/** Everything about the story that depends on the database. */
export interface Engine {
  readonly name: LocalProxyOptions["engine"];
  startDatabase(): Promise<Database>;
  readonly handlers: Readonly<Record<"withRdsProxy" | "withSnippet" | "withKeptToken", URL>>;
}

/** What `--engine` may name. */
export const engines: readonly Engine[] = [
  {
    name: "postgres",
    startDatabase: startPostgres,
    handlers: {
      withRdsProxy: new URL("./handlers/postgres/with-rds-proxy.ts", import.meta.url),
      withSnippet: new URL("./handlers/postgres/with-snippet.ts", import.meta.url),
      withKeptToken: new URL("./handlers/postgres/with-kept-token.ts", import.meta.url),
    },
  },
];
