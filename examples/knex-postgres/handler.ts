import { createPool } from "@rds-proxy/adapter-pg";
import knex from "knex";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";

const db = knex({ client: "pg", connectionPool: createPool() });

export async function handler({ customer, product, quantity }: PlaceOrder): Promise<OrderedProduct[]> {
  await db.transaction(async (transaction) => {
    const [placed] = await transaction("orders").insert({ customer }, ["id"]);
    await transaction("order_lines").insert({ order_id: placed.id, product, quantity });
  });

  return await db("order_lines")
    .join("orders", "orders.id", "order_id")
    .where({ customer })
    .orderBy("order_lines.id")
    .select<OrderedProduct[]>("product", "quantity");
}
