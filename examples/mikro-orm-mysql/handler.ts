import { MikroORM } from "@mikro-orm/mysql";
import { createPool } from "@rds-proxy/adapter-mysql2";
import { MysqlDialect } from "kysely";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";
import { Order, OrderLine } from "../schema/mikro-orm-entities.js";

// As MikroORM sets them in a pool of its own: it reads dates and times itself, from the text that the server sends.
const { pool } = createPool({ dateStrings: true, timezone: "Z", supportBigNumbers: true });

const orm = new MikroORM({
  entities: [Order, OrderLine],
  // Required, but not used: the pool has the endpoint.
  dbName: "shop",
  ensureDatabase: false,
  driverOptions: () => new MysqlDialect({ pool }),
});

export async function handler({ customer, product, quantity }: PlaceOrder): Promise<OrderedProduct[]> {
  // One identity map per invocation.
  const em = orm.em.fork();
  await em.transactional((transaction) => {
    const order = transaction.create(Order, { customer });
    transaction.create(OrderLine, { order, product, quantity });
  });

  const lines = await em.fork().find(OrderLine, { order: { customer } }, { orderBy: { id: "asc" } });
  return lines.map((line) => ({ product: line.product, quantity: line.quantity }));
}
