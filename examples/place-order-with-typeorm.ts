import type { DataSource } from "typeorm";
import type { OrderedProduct, PlaceOrder } from "./place-order.js";
import { OrderLines, Orders } from "./schema/shop-entities.js";

/** What the examples with TypeORM do with their `DataSource`. */
export async function placeOrder(
  database: DataSource,
  { customer, product, quantity }: PlaceOrder,
): Promise<OrderedProduct[]> {
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
