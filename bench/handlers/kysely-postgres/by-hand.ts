import { createSnippetPool } from "@rds-proxy/lambda-kit/snippets/pg";
import { Kysely, PostgresDialect } from "kysely";
import type { Handler } from "../handler.js";
import { selectOne } from "../select-one.js";

// Kysely as its documentation sets it up, over the common snippet.
const db = new Kysely<object>({ dialect: new PostgresDialect({ pool: createSnippetPool() }) });

export const handler: Handler = () => selectOne(db);
