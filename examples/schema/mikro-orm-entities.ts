import { defineEntity, p } from "@mikro-orm/core";

/** The tables as MikroORM's entities, the same on both engines. */
export const Order = defineEntity({
  name: "Order",
  tableName: "orders",
  properties: { id: p.integer().primary(), customer: p.text() },
});

export const OrderLine = defineEntity({
  name: "OrderLine",
  tableName: "order_lines",
  properties: {
    id: p.integer().primary(),
    order: () => p.manyToOne(Order),
    product: p.text(),
    quantity: p.integer(),
  },
});
