import { connectionOptions } from "@rds-proxy/connect/postgres-js";
import postgres from "postgres";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";

// Without `fetch_types` each connection would begin with a query, which only arrays as values need.
const sql = postgres({ ...connectionOptions(), fetch_types: false });

export async function handler({ customer, product, quantity }: PlaceOrder): Promise<OrderedProduct[]> {
  await sql.begin(async (transaction) => {
    const [order] = await transaction`insert into orders (customer) values (${customer}) returning id`;
    await transaction`
      insert into order_lines (order_id, product, quantity) values (${order?.["id"]}, ${product}, ${quantity})`;
  });

  return await sql<OrderedProduct[]>`
    select product, quantity from order_lines join orders on orders.id = order_id
    where customer = ${customer} order by order_lines.id`;
}
