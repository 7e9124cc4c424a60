import { preparePool } from "../../../packages/adapter-mysql2/src/pool.js";
import { poolPlaces } from "../../model/pool-machines.js";
import type { CreateSubject } from "../run-schedule.js";
import { ENDPOINT } from "../simulated-options.js";
import { poolSubject } from "./pool-subject.js";

/** `createPool()` of adapter-mysql2: mysql2's own pool below, with connections of the simulated server. */
export const mysqlPool: CreateSubject = (stage) => {
  const { maxConnections, handOuts } = stage;
  handOuts.keepsProcessAlive = true;
  const pool = preparePool({ ...ENDPOINT, maxConnections })();
  // As node-postgres's pool marks what is idle.
  pool.on("release", (connection) => Object.assign(connection, { isRef: false }));
  pool.on("acquire", (connection) => Object.assign(connection, { isRef: true }));
  return poolSubject(stage, {
    async take() {
      const { promise, resolve, reject } =
        Promise.withResolvers<Parameters<Parameters<typeof pool.getConnection>[0]>[1]>();
      pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
      const client = await promise;
      return { client, release: (error) => (error ? client.destroy() : client.release()) };
    },
    end: () => new Promise((resolve) => pool.end(() => resolve())),
    machines: poolPlaces(maxConnections),
  });
};
