import { EntitySchema } from "typeorm";
import type { OrderedProduct } from "../place-order.js";

interface Order {
  id: number;
  customer: string;
}

interface OrderLine extends OrderedProduct {
  id: number;
  order: Order;
}

/** The tables as TypeORM's entities, the same on both engines. */
export const Orders = new EntitySchema<Order>({
  name: "orders",
  columns: { id: { type: "int", primary: true, generated: "increment" }, customer: { type: String } },
});

export const OrderLines = new EntitySchema<OrderLine>({
  name: "order_lines",
  columns: {
    id: { type: "int", primary: true, generated: "increment" },
    product: { type: String },
    quantity: { type: "int" },
  },
  relations: { order: { type: "many-to-one", target: "orders", joinColumn: { name: "order_id" } } },
});
