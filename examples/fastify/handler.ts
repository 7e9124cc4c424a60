import awsLambdaFastify from "@fastify/aws-lambda";
import { createDatabase } from "@rds-proxy/database";
import type { Context } from "aws-lambda";
import Fastify from "fastify";
import type { PlaceOrder } from "../place-order.js";
import { placeOrder } from "../place-order-with-pg.js";

declare module "fastify" {
  interface FastifyRequest {
    awsLambda: { readonly context: Context };
  }
}

const database = createDatabase();
const app = Fastify();

app.post<{ Body: PlaceOrder }>("/orders", ({ body, awsLambda: { context } }) =>
  database.run((db) => placeOrder(db, body), { context }),
);

export const handler = awsLambdaFastify(app);
