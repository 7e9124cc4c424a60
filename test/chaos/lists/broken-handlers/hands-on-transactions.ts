import { connectionOptions } from "@rds-proxy/adapter-pg";
import pg from "pg";
import { fromPool } from "../../../support/from-pool.js";
import { scriptedHandler } from "../../../support/handlers/scripted-handler.js";

// Wrong on purpose: node-postgres's own pool releases a client with its open transaction.
const pool = new pg.Pool({ ...connectionOptions(), max: 1 });

export const handler = await scriptedHandler(
  fromPool(() => pool.connect()),
  async (client, statement) => (await client.query(statement)).rows,
);
