import { makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import { createDatabase } from "@rds-proxy/database";
import type { Context } from "aws-lambda";
import type { PlaceOrder } from "../place-order.js";
import { placeOrder } from "../place-order-with-pg.js";

const database = createDatabase();

/** The connection is acquired inside, so that a repeated event, whose result is in the table, needs none. */
export const handler = makeIdempotent(
  (order: PlaceOrder, context: Context) => database.run((db) => placeOrder(db, order), { context }),
  { persistenceStore: new DynamoDBPersistenceLayer({ tableName: "idempotency" }) },
);
