import { PrismaMariaDb } from "@prisma/adapter-mariadb";
import { createPool } from "@rds-proxy/adapter-mysql2";
import { prismaAdapter } from "@rds-proxy/adapter-mysql2/prisma";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";
import { PrismaClient } from "./generated/client.js";

const db = new PrismaClient({ adapter: prismaAdapter(PrismaMariaDb, createPool()) });

export async function handler({ customer, product, quantity }: PlaceOrder): Promise<OrderedProduct[]> {
  // One transaction, because it writes to two tables.
  await db.order.create({ data: { customer, lines: { create: { product, quantity } } } });

  return await db.orderLine.findMany({
    select: { product: true, quantity: true },
    where: { order: { customer } },
    orderBy: { id: "asc" },
  });
}
