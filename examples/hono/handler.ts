import { createDatabase } from "@rds-proxy/database";
import { Hono } from "hono";
import { handle, type LambdaContext } from "hono/aws-lambda";
import type { PlaceOrder } from "../place-order.js";
import { placeOrder } from "../place-order-with-pg.js";

const database = createDatabase();
const app = new Hono<{ Bindings: { lambdaContext: LambdaContext } }>();

app.post("/orders", async (c) => {
  const order = await c.req.json<PlaceOrder>();
  return c.json(await database.run((db) => placeOrder(db, order), { context: c.env.lambdaContext }));
});

export const handler = handle(app);
