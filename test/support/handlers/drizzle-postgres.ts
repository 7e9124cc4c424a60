import { drizzleAdapter } from "@rds-proxy/adapter-drizzle/postgres";
import { rdsProxy } from "@rds-proxy/middleware";
import { sql } from "drizzle-orm";
import { withoutDrizzleErrors } from "../without-drizzle-errors.js";
import { scriptedHandler, testOptions } from "./scripted-handler.js";

export const handler = await scriptedHandler(
  rdsProxy({ ...testOptions(), adapter: drizzleAdapter() }),
  async (db, statement) => (await withoutDrizzleErrors(db.execute(sql.raw(statement)))).rows,
  (db, isolation, work) =>
    withoutDrizzleErrors(
      db.transaction(
        (tx) => work(async (statement) => (await withoutDrizzleErrors(tx.execute(sql.raw(statement)))).rows),
        isolation && { isolationLevel: isolation },
      ),
    ),
);
