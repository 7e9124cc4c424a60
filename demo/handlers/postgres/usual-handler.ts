import { createSnippetPool } from "@rds-proxy/lambda-kit/snippets/pg";
import type { Handler } from "../task.js";
import { work } from "./work.js";

/** A handler over the usual snippet, which gives the client back in any case. */
export function usualHandler(...[password]: Parameters<typeof createSnippetPool>): Handler {
  const pool = createSnippetPool(password);
  return async (task) => {
    const client = await pool.connect();
    try {
      return await work(task, client);
    } finally {
      client.release();
    }
  };
}
