import { createSnippetPool } from "../../../snippets/pg.js";
import type { Environment } from "../environment.js";

export function createEnvironment(querySeconds: number): Environment {
  const pool = createSnippetPool();
  return {
    invoke: () => pool.query(`select pg_sleep(${querySeconds})`),
    stop: () => pool.end(),
  };
}
