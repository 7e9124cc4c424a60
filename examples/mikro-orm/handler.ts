import { createPostgreSqlTypeParsers, MikroORM } from "@mikro-orm/postgresql";
import { createPool } from "@rds-proxy/adapter-pg";
import { PostgresDialect } from "kysely";
import pg from "pg";
import { parse } from "postgres-array";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";
import { Order, OrderLine } from "../schema/mikro-orm-entities.js";

/** MikroORM reads dates and times itself, from the text that the server sends. */
const types = new pg.TypeOverrides();
for (const [oid, parser] of Object.entries(createPostgreSqlTypeParsers(parse))) {
  types.setTypeParser(Number(oid), parser);
}

const orm = new MikroORM({
  entities: [Order, OrderLine],
  // Required, but not used: the pool has the endpoint.
  dbName: "shop",
  ensureDatabase: false,
  driverOptions: () => new PostgresDialect({ pool: createPool({ types }) }),
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
