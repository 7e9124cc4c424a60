import middy from "@middy/core";
import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";
import { defineShop } from "../schema/define-shop.js";

export const handler = middy<PlaceOrder>()
  .use(rdsProxy({ adapter: sequelizeAdapter({ dialect: "mysql", init: defineShop, logging: false }) }))
  .handler(async ({ customer, product, quantity }, { db }): Promise<OrderedProduct[]> => {
    const { Order, OrderLine } = db.models;
    await db.transaction(async (transaction) => {
      const { id } = await Order.create({ customer }, { transaction });
      await OrderLine.create({ orderId: id, product, quantity }, { transaction });
    });

    const lines = await OrderLine.findAll({
      include: { model: Order, where: { customer }, attributes: [] },
      order: ["id"],
    });
    return lines.map((line) => ({ product: line.product, quantity: line.quantity }));
  });
