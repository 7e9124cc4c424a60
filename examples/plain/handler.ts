import { createDatabase } from "@rds-proxy/database";
import type { Context } from "aws-lambda";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";
import { placeOrder } from "../place-order-with-pg.js";

const database = createDatabase();

export const handler = (order: PlaceOrder, context: Context): Promise<OrderedProduct[]> =>
  database.run((db) => placeOrder(db, order), { context });
