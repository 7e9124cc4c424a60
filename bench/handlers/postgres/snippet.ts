import { createSnippetPool } from "@rds-proxy/lambda-kit/snippets/pg";
import { type Answer, type Handler, statement } from "../handler.js";

const pool = createSnippetPool();

export const handler: Handler = async () => (await pool.query<Answer>(statement)).rows[0];
