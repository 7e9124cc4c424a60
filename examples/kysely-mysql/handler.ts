import middy from "@middy/core";
import { kyselyAdapter } from "@rds-proxy/adapter-kysely/mysql";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { Generated } from "kysely";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";

interface Shop {
  orders: { id: Generated<number>; customer: string };
  order_lines: { id: Generated<number>; order_id: number; product: string; quantity: number };
}

export const handler = middy<PlaceOrder>()
  .use(rdsProxy({ adapter: kyselyAdapter<Shop>() }))
  .handler(async ({ customer, product, quantity }, { db }): Promise<OrderedProduct[]> => {
    await db.transaction().execute(async (transaction) => {
      const { insertId } = await transaction
        .insertInto("orders")
        .values({ customer })
        .executeTakeFirstOrThrow();
      const order_id = Number(insertId);
      await transaction.insertInto("order_lines").values({ order_id, product, quantity }).execute();
    });

    return db
      .selectFrom("order_lines")
      .innerJoin("orders", "orders.id", "order_lines.order_id")
      .where("orders.customer", "=", customer)
      .orderBy("order_lines.id")
      .select(["product", "quantity"])
      .execute();
  });
