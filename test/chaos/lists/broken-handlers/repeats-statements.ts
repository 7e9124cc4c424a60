import { createPool } from "@rds-proxy/adapter-pg";
import { poolPlaces } from "../../../model/pool-machines.js";
import { fromPool } from "../../../support/from-pool.js";
import { scriptedHandler } from "../../../support/handlers/scripted-handler.js";

const pool = createPool({ maxConnections: 2 });

/** Wrong on purpose: a statement whose connection is lost is sent again on another one. */
export const handler = await scriptedHandler(
  fromPool(() => pool.connect()),
  async (client, statement) => {
    const { rows } = await client.query(statement).catch(() => pool.query(statement));
    return rows;
  },
  undefined,
  poolPlaces,
);
