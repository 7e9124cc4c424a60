import { QueryTypes, type Sequelize } from "sequelize";
import { type Answer, statement } from "./handler.js";

export async function selectOneRow(db: Pick<Sequelize, "query">): Promise<Answer | undefined> {
  return (await db.query<Answer>(statement, { type: QueryTypes.SELECT }))[0];
}
