import { type SnippetLogin, snippetPoolOptions } from "@rds-proxy/lambda-kit/snippets/mysql2";
import mysql from "mysql2/promise";
import type { Handler } from "../task.js";
import { work } from "./work.js";

/** A handler over the usual snippet, which gives the connection back in any case. */
export function usualHandler(login?: SnippetLogin): Handler {
  const pool = mysql.createPool(snippetPoolOptions(login));
  return async (task) => {
    const connection = await pool.getConnection();
    try {
      return await work(task, connection);
    } finally {
      connection.release();
    }
  };
}
