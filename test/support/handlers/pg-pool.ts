import { createPool } from "@rds-proxy/adapter-pg";
import { poolPlaces } from "../../model/pool-machines.js";
import { fromPool } from "../from-pool.js";
import { scriptedHandler, testOptions } from "./scripted-handler.js";

const pool = createPool(testOptions());

export const handler = await scriptedHandler(
  fromPool(() => pool.connect()),
  async (client, statement) => (await client.query(statement)).rows,
  undefined,
  poolPlaces,
);
