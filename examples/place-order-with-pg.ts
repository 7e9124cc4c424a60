import type { PgConnection } from "@rds-proxy/adapter-pg";
import type { OrderedProduct, PlaceOrder } from "./place-order.js";

/** What the examples of frameworks do with their connection. */
export async function placeOrder(
  db: PgConnection,
  { customer, product, quantity }: PlaceOrder,
): Promise<OrderedProduct[]> {
  // A function that throws before the commit needs no catch: the end of the lease rolls back.
  await db.query("begin");
  const placed = await db.query<{ id: number }>("insert into orders (customer) values ($1) returning id", [
    customer,
  ]);
  await db.query("insert into order_lines (order_id, product, quantity) values ($1, $2, $3)", [
    placed.rows[0]?.id,
    product,
    quantity,
  ]);
  await db.query("commit");

  const { rows } = await db.query<OrderedProduct>(
    `select product, quantity from order_lines join orders on orders.id = order_id
     where customer = $1 order by order_lines.id`,
    [customer],
  );
  return rows;
}
