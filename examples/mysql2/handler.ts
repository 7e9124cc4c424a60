import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { ResultSetHeader, RowDataPacket } from "mysql2";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";

export const handler = middy<PlaceOrder>()
  .use(rdsProxy())
  .handler(async ({ customer, product, quantity }, { db }) => {
    // A handler that throws before the commit needs no catch: the middleware rolls back.
    await db.beginTransaction();
    const [placed] = await db.query<ResultSetHeader>("insert into orders (customer) values (?)", [customer]);
    await db.query("insert into order_lines (order_id, product, quantity) values (?, ?, ?)", [
      placed.insertId,
      product,
      quantity,
    ]);
    await db.commit();

    const [rows] = await db.query<(OrderedProduct & RowDataPacket)[]>(
      `select product, quantity from order_lines join orders on orders.id = order_id
       where customer = ? order by order_lines.id`,
      [customer],
    );
    return rows;
  });
