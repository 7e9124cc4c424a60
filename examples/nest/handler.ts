import "reflect-metadata";
import { Body, Controller, HttpCode, Inject, Module, Post } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { PgConnection } from "@rds-proxy/adapter-pg";
import { createDatabase, type Database } from "@rds-proxy/database";
import { configure, getCurrentInvoke } from "@vendia/serverless-express";
import type { Context } from "aws-lambda";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";
import { placeOrder } from "../place-order-with-pg.js";

const DATABASE = Symbol("database");

@Controller("orders")
class OrdersController {
  readonly #database: Database<PgConnection>;

  constructor(@Inject(DATABASE) database: Database<PgConnection>) {
    this.#database = database;
  }

  @Post()
  @HttpCode(200)
  place(@Body() order: PlaceOrder): Promise<OrderedProduct[]> {
    const { context } = getCurrentInvoke();
    return this.#database.run((db) => placeOrder(db, order), { context });
  }
}

@Module({
  controllers: [OrdersController],
  providers: [{ provide: DATABASE, useFactory: () => createDatabase() }],
})
class ShopModule {}

const app = await NestFactory.create(ShopModule, { logger: ["error"] });
await app.init();
const serve = configure({ app: app.getHttpAdapter().getInstance() });
// Lambda's Node.js 24 refuses handlers with a third parameter, as `serve` has it.
export const handler = (event: unknown, context: Context) => serve(event, context, () => undefined);
