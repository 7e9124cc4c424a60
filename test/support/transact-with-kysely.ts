import { type Kysely, sql } from "kysely";
import type { Transact } from "./handlers/scripted-handler.js";

/** A transaction of Kysely's own. */
export const transactWithKysely: Transact<Kysely<unknown>> = async (db, isolation, work) => {
  const builder = db.transaction();
  const transaction = isolation === undefined ? builder : builder.setIsolationLevel(isolation);
  await transaction.execute((trx) => work(async (statement) => (await sql.raw(statement).execute(trx)).rows));
};
