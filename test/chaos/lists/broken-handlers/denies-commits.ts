import { createPool } from "@rds-proxy/adapter-pg";
import { poolPlaces } from "../../../model/pool-machines.js";
import { fromPool } from "../../../support/from-pool.js";
import { scriptedHandler } from "../../../support/handlers/scripted-handler.js";

const pool = createPool({ maxConnections: 2 });

/** Wrong on purpose: a commit whose connection is lost fails as if the server had rolled it back. */
export const handler = await scriptedHandler(
  fromPool(() => pool.connect()),
  async (client, statement) => {
    const { rows } = await client.query(statement).catch((error: unknown) => {
      if (statement !== "commit") throw error;
      throw Object.assign(new Error("could not serialize access", { cause: error }), { code: "40001" });
    });
    return rows;
  },
  undefined,
  poolPlaces,
);
