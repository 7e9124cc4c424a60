import { type Kysely, sql } from "kysely";
import type { Answer } from "./handler.js";

/** The query builder builds and compiles it each time, like any query. */
export function selectOne(db: Kysely<object>): Promise<Answer | undefined> {
  return db.selectNoFrom(sql<number>`1`.as("one")).executeTakeFirst();
}
