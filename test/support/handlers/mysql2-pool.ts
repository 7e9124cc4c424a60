import { createPool } from "@rds-proxy/adapter-mysql2";
import { poolPlaces } from "../../model/pool-machines.js";
import { fromPool } from "../from-pool.js";
import { scriptedHandler, testOptions } from "./scripted-handler.js";

const pool = createPool(testOptions());

export const handler = await scriptedHandler(
  fromPool(() => pool.getConnection()),
  async (connection, statement) => (await connection.query(statement))[0],
  undefined,
  poolPlaces,
);
