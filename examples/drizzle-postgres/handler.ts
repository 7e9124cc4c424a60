import { createPool } from "@rds-proxy/adapter-pg";
import { asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";

const orders = pgTable("orders", {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  customer: text().notNull(),
});

const orderLines = pgTable("order_lines", {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  orderId: integer("order_id").notNull(),
  product: text().notNull(),
  quantity: integer().notNull(),
});

const db = drizzle({ client: createPool() });

export async function handler({ customer, product, quantity }: PlaceOrder): Promise<OrderedProduct[]> {
  await db.transaction(async (transaction) => {
    const placed = await transaction.insert(orders).values({ customer }).returning({ orderId: orders.id });
    await transaction
      .insert(orderLines)
      .values(placed.map(({ orderId }) => ({ orderId, product, quantity })));
  });

  return await db
    .select({ product: orderLines.product, quantity: orderLines.quantity })
    .from(orderLines)
    .innerJoin(orders, eq(orders.id, orderLines.orderId))
    .where(eq(orders.customer, customer))
    .orderBy(asc(orderLines.id));
}
