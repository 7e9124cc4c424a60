import { snippetPoolOptions } from "@rds-proxy/lambda-kit/snippets/mysql2";
import { Kysely, MysqlDialect } from "kysely";
import { createPool } from "mysql2";
import type { Handler } from "../handler.js";
import { selectOne } from "../select-one.js";

// Kysely as its documentation sets it up, over the common snippet.
const db = new Kysely<object>({ dialect: new MysqlDialect({ pool: createPool(snippetPoolOptions()) }) });

export const handler: Handler = () => selectOne(db);
