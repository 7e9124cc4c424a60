import "./modules/all-parts.js";
import middy from "@middy/core";
import { type Answer, statement } from "../handler.js";
import { database } from "./database.js";

export const handler = middy()
  .use(database)
  .handler(async (_event, { db }) => (await db.query<Answer>(statement)).rows[0]);
