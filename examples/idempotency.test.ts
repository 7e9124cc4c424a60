import { IdempotencyAlreadyInProgressError } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import { makeHandlerIdempotent } from "@aws-lambda-powertools/idempotency/middleware";
import middy from "@middy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { expect, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../test/support/connect-to.js";
import { trustByDefault } from "../test/support/routes.js";
import { createShop } from "./create-shop.js";
import { startDynamoDbTable } from "./dynamodb-table.js";
import type { PlaceOrder } from "./place-order.js";
import { placeOrder } from "./place-order-with-pg.js";

const PEN: PlaceOrder = { customer: "ann", product: "pen", quantity: 2 };
const PLACED = [{ product: "pen", quantity: 2 }];

/** A proxy with an empty shop, and a table for idempotency, as the only ones of this process. */
async function deploy(): Promise<LocalProxy> {
  vi.resetModules();
  const [upstream, table] = await Promise.all([createShop(), startDynamoDbTable()]);
  const proxy = await startLocalProxy({ engine: "postgres", upstream });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await proxy.close();
    await table.close();
  });
  for (const [name, value] of Object.entries(proxy.environment)) vi.stubEnv(name, value);
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", table.url);
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "shop");
  trustByDefault(proxy);
  return proxy;
}

test("makeIdempotent() places an order once, also for the same event at the same time, and needs no connection to repeat the result", async () => {
  const proxy = await deploy();
  const { handler } = await import("./idempotency/handler.js");
  const answers = await Promise.allSettled([handler(PEN, lambdaContext()), handler(PEN, lambdaContext())]);
  for (const answer of answers) {
    if (answer.status === "fulfilled") expect(answer.value).toEqual(PLACED);
    else expect(answer.reason).toBeInstanceOf(IdempotencyAlreadyInProgressError);
  }
  const { QueryRequests } = proxy.metrics();
  expect(await handler(PEN, lambdaContext())).toEqual(PLACED);
  expect(proxy.metrics()).toMatchObject({ QueryRequests, ClientConnectionsReceived: 1 });
});

test("an event that failed runs again, on the same connection, after its transaction was rolled back", async () => {
  const proxy = await deploy();
  const { handler } = await import("./idempotency/handler.js");
  const tooMany = { ...PEN, quantity: 2 ** 40 };
  for (let i = 0; i < 2; i++) await expect(handler(tooMany, lambdaContext())).rejects.toThrow("out of range");
  expect(await handler(PEN, lambdaContext())).toEqual(PLACED);
  expect(proxy.metrics()).toMatchObject({
    ClientConnectionsReceived: 1,
    DatabaseConnectionsCurrentlyInTransaction: 0,
  });
});

test.each(["before", "after"])(
  "makeHandlerIdempotent() %s rdsProxy() repeats a result, and the next invocation takes the same connection",
  async (order) => {
    const proxy = await deploy();
    const once = makeHandlerIdempotent({
      persistenceStore: new DynamoDBPersistenceLayer({ tableName: "idempotency" }),
    });
    const database = rdsProxy(connectTo(proxy));
    onTestFinished(() => database.close());
    const handler = middy<PlaceOrder>()
      .use(order === "before" ? once : database)
      .use(order === "before" ? database : once)
      .handler(async (event, context: object) => placeOrder(Reflect.get(context, "db"), event));
    for (let i = 0; i < 2; i++) expect(await handler(PEN, lambdaContext())).toEqual(PLACED);
    const ink = { ...PEN, product: "ink" };
    expect(await handler(ink, lambdaContext())).toHaveLength(2);
    expect(proxy.metrics()).toMatchObject({
      ClientConnectionsReceived: 1,
      DatabaseConnectionsCurrentlyInTransaction: 0,
    });
  },
);
