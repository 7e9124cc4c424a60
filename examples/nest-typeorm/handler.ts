import "reflect-metadata";
import { Body, Controller, HttpCode, Module, Post } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { InjectDataSource, TypeOrmModule } from "@nestjs/typeorm";
import { typeormDriver } from "@rds-proxy/adapter-pg/typeorm";
import { configure } from "@vendia/serverless-express";
import type { Context } from "aws-lambda";
import type { DataSource } from "typeorm";
import type { OrderedProduct, PlaceOrder } from "../place-order.js";
import { placeOrder } from "../place-order-with-typeorm.js";
import { OrderLines, Orders } from "../schema/shop-entities.js";

@Controller("orders")
class OrdersController {
  readonly #database: DataSource;

  constructor(@InjectDataSource() database: DataSource) {
    this.#database = database;
  }

  @Post()
  @HttpCode(200)
  place(@Body() order: PlaceOrder): Promise<OrderedProduct[]> {
    return placeOrder(this.#database, order);
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: "postgres",
      driver: typeormDriver(),
      entities: [Orders, OrderLines],
      installExtensions: false,
      // The pool retries within the time that it has. Nest's own attempts would outlast the invocation.
      retryAttempts: 0,
    }),
  ],
  controllers: [OrdersController],
})
class ShopModule {}

async function start(): Promise<ReturnType<typeof configure>> {
  const app = await NestFactory.create(ShopModule, { logger: ["error"], abortOnError: false });
  await app.init();
  return configure({ app: app.getHttpAdapter().getInstance() });
}

let started: ReturnType<typeof start> | undefined;

export async function handler(event: unknown, context: Context): Promise<unknown> {
  // Logs in. After a failure the next invocation tries again.
  started ??= start();
  try {
    return (await started)(event, context, () => undefined);
  } catch (error) {
    started = undefined;
    throw error;
  }
}
