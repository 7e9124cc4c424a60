import type pg from "pg";
import { createPool } from "../../../packages/adapter-pg/src/pool.js";
import { poolPlaces } from "../../model/pool-machines.js";
import type { CreateSubject } from "../run-schedule.js";
import { ENDPOINT } from "../simulated-options.js";
import { poolSubject } from "./pool-subject.js";

/** `createPool()` of adapter-pg: the real `pg.Pool` below, with clients of the simulated server. */
export const pgPool: CreateSubject = (stage) => {
  const pool = createPool({ ...ENDPOINT, maxConnections: stage.maxConnections });
  return poolSubject(stage, {
    async take() {
      const client: pg.PoolClient = await pool.connect();
      return { client, release: (error) => client.release(error) };
    },
    end: () => pool.end(),
    machines: poolPlaces(stage.maxConnections),
  });
};
