import { typeormDriver } from "@rds-proxy/adapter-pg/typeorm";
import { DataSource } from "typeorm";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";
import { placeOrder } from "../place-order-with-typeorm.js";
import { OrderLines, Orders } from "../schema/shop-entities.js";

const database = new DataSource({
  type: "postgres",
  driver: typeormDriver(),
  entities: [Orders, OrderLines],
  installExtensions: false,
});

export async function handler(order: PlaceOrder): Promise<OrderedProduct[]> {
  // Logs in. After a failure the next invocation tries again.
  if (!database.isInitialized) await database.initialize();
  return await placeOrder(database, order);
}
