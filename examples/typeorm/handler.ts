import { createPool } from "@rds-proxy/adapter-pg";
import { DataSource, EntitySchema } from "typeorm";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";

interface Order {
  id: number;
  customer: string;
}

interface OrderLine extends OrderedProduct {
  id: number;
  order: Order;
}

const Orders = new EntitySchema<Order>({
  name: "orders",
  columns: { id: { type: "int", primary: true, generated: "increment" }, customer: { type: "text" } },
});

const OrderLines = new EntitySchema<OrderLine>({
  name: "order_lines",
  columns: {
    id: { type: "int", primary: true, generated: "increment" },
    product: { type: "text" },
    quantity: { type: "int" },
  },
  relations: { order: { type: "many-to-one", target: "orders", joinColumn: { name: "order_id" } } },
});

/** TypeORM creates its pool with `new` from the given driver. */
function Pool(): ReturnType<typeof createPool> {
  return createPool();
}

const database = new DataSource({
  type: "postgres",
  driver: { Pool },
  entities: [Orders, OrderLines],
  installExtensions: false,
});

export async function handler({ customer, product, quantity }: PlaceOrder): Promise<OrderedProduct[]> {
  // Logs in. After a failure the next invocation tries again.
  if (!database.isInitialized) await database.initialize();

  await database.transaction(async (transaction) => {
    const order = await transaction.save(Orders, { customer });
    await transaction.save(OrderLines, { order, product, quantity });
  });

  return await database.getRepository(OrderLines).find({
    select: { product: true, quantity: true },
    where: { order: { customer } },
    order: { id: "asc" },
  });
}
