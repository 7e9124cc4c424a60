import { Router } from "@aws-lambda-powertools/event-handler/http";
import { createDatabase } from "@rds-proxy/database";
import type { Context } from "aws-lambda";
import type { PlaceOrder } from "../place-order.js";
import { placeOrder } from "../place-order-with-pg.js";

const database = createDatabase();
const app = new Router();

app.post("/orders", async ({ req, context }) => {
  const order = (await req.json()) as PlaceOrder;
  return Response.json(await database.run((db) => placeOrder(db, order), { context }));
});

export const handler = (event: unknown, context: Context) => app.resolve(event, context);
