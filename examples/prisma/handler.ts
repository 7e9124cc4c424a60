import { PrismaPg } from "@prisma/adapter-pg";
import { createPool } from "@rds-proxy/adapter-pg";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";
import { PrismaClient } from "./generated/client.js";

const db = new PrismaClient({ adapter: new PrismaPg(createPool()) });

export async function handler({ customer, product, quantity }: PlaceOrder): Promise<OrderedProduct[]> {
  // One transaction, because it writes to two tables.
  await db.order.create({ data: { customer, lines: { create: { product, quantity } } } });

  return await db.orderLine.findMany({
    select: { product: true, quantity: true },
    where: { order: { customer } },
    orderBy: { id: "asc" },
  });
}
