import { createPool } from "@rds-proxy/adapter-pg";
import { poolPlaces } from "../../../model/pool-machines.js";
import { fromPool } from "../../../support/from-pool.js";
import { scriptedHandler } from "../../../support/handlers/scripted-handler.js";

const pool = createPool({ maxConnections: 2 });

/** Wrong on purpose: a commit counts as done once it is sent. */
export const handler = await scriptedHandler(
  fromPool(() => pool.connect()),
  async (client, statement) => {
    const sent = client.query(statement);
    return statement === "commit" ? sent.then(() => []).catch(() => []) : (await sent).rows;
  },
  undefined,
  poolPlaces,
);
