import { createPool } from "@rds-proxy/adapter-mysql2";
import knex from "knex";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";

const { pool } = createPool();
const db = knex({
  client: "mysql2",
  // Knex's types do not accept the pool itself.
  connectionPool: {
    getConnection: (done) => pool.getConnection(done),
    end: (done) => pool.end((error) => done?.(error ?? undefined)),
  },
});

export async function handler({ customer, product, quantity }: PlaceOrder): Promise<OrderedProduct[]> {
  await db.transaction(async (transaction) => {
    const [orderId] = await transaction("orders").insert({ customer });
    await transaction("order_lines").insert({ order_id: orderId, product, quantity });
  });

  return await db("order_lines")
    .join("orders", "orders.id", "order_id")
    .where({ customer })
    .orderBy("order_lines.id")
    .select<OrderedProduct[]>("product", "quantity");
}
