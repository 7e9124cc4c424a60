import { createDatabase } from "@rds-proxy/database";
import { configure, getCurrentInvoke } from "@vendia/serverless-express";
import type { Context } from "aws-lambda";
import express from "express";
import { placeOrder } from "../place-order-with-pg.js";

const database = createDatabase();
const app = express();
app.use(express.json());

app.post("/orders", async (request, response) => {
  const { context } = getCurrentInvoke();
  response.json(await database.run((db) => placeOrder(db, request.body), { context }));
});

const serve = configure({ app });
// Lambda's Node.js 24 refuses handlers with a third parameter, as `serve` has it.
export const handler = (event: unknown, context: Context) => serve(event, context, () => undefined);
