import { createPool } from "@rds-proxy/adapter-mysql2";
import { asc, eq } from "drizzle-orm";
import { int, mysqlTable, varchar } from "drizzle-orm/mysql-core";
import { drizzle } from "drizzle-orm/mysql2";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";

const orders = mysqlTable("orders", {
  id: int().primaryKey().autoincrement(),
  customer: varchar({ length: 100 }).notNull(),
});

const orderLines = mysqlTable("order_lines", {
  id: int().primaryKey().autoincrement(),
  orderId: int("order_id").notNull(),
  product: varchar({ length: 100 }).notNull(),
  quantity: int().notNull(),
});

const db = drizzle({ client: createPool() });

export async function handler({ customer, product, quantity }: PlaceOrder): Promise<OrderedProduct[]> {
  await db.transaction(async (transaction) => {
    const placed = await transaction.insert(orders).values({ customer }).$returningId();
    await transaction.insert(orderLines).values(placed.map(({ id }) => ({ orderId: id, product, quantity })));
  });

  return await db
    .select({ product: orderLines.product, quantity: orderLines.quantity })
    .from(orderLines)
    .innerJoin(orders, eq(orders.id, orderLines.orderId))
    .where(eq(orders.customer, customer))
    .orderBy(asc(orderLines.id));
}
