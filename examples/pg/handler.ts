import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";

export const handler = middy<PlaceOrder>()
  .use(rdsProxy())
  .handler(async ({ customer, product, quantity }, { db }) => {
    // A handler that throws before the commit needs no catch: the middleware rolls back.
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
  });
