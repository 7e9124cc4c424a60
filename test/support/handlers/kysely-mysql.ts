import { kyselyAdapter } from "@rds-proxy/adapter-kysely/mysql";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import { sql } from "kysely";
import { transactWithKysely } from "../transact-with-kysely.js";
import { scriptedHandler, testOptions } from "./scripted-handler.js";

export const handler = await scriptedHandler(
  rdsProxy({ ...testOptions(), adapter: kyselyAdapter<unknown>() }),
  async (db, statement) => (await sql.raw(statement).execute(db)).rows,
  transactWithKysely,
);
