import { connectionOptions, createPool } from "@rds-proxy/adapter-pg";
import pg from "pg";
import { poolPlaces } from "../../../model/pool-machines.js";
import { fromPool } from "../../../support/from-pool.js";
import { scriptedHandler } from "../../../support/handlers/scripted-handler.js";

const pool = createPool();

/** The statements of the transaction so far. */
let transaction: string[] = [];

/** Wrong on purpose: a transaction whose commit is not answered is done again on another connection. */
export const handler = await scriptedHandler(
  fromPool(() => pool.connect()),
  async (client, statement) => {
    if (statement.startsWith("begin")) transaction = [];
    transaction.push(statement);
    try {
      return (await client.query(statement)).rows;
    } catch (error) {
      if (statement !== "commit") throw error;
      const other = new pg.Client(connectionOptions());
      await other.connect();
      for (const again of transaction) await other.query(again);
      await other.end();
      return [];
    }
  },
  undefined,
  poolPlaces,
);
