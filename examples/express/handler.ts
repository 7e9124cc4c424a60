import { createDatabase } from "@rds-proxy/database";
import { configure, getCurrentInvoke } from "@vendia/serverless-express";
import express from "express";
import { placeOrder } from "../place-order-with-pg.js";

const database = createDatabase();
const app = express();
app.use(express.json());

app.post("/orders", async (request, response) => {
  const { context } = getCurrentInvoke();
  response.json(await database.run((db) => placeOrder(db, request.body), { context }));
});

export const handler = configure({ app });
