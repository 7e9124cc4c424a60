import type { Connection, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { perform } from "../perform.js";
import { type Answer, slowQuerySeconds, type Task } from "../task.js";

// https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html
const SERVER_STATUS_IN_TRANS = 1;

/** The task on MySQL, the same for every handler. */
export async function work(task: Task, db: Pick<Connection, "query">): Promise<Answer> {
  return perform(task, {
    async lookAround() {
      // MySQL has no function for it, but every result carries the flag; mysql2 exposes it on results without rows.
      const [{ serverStatus }] = await db.query<ResultSetHeader>("do 0");
      const [[orders]] = await db.query<(RowDataPacket & Pick<Answer, "visibleOrders">)[]>(
        "select count(*) as visibleOrders from orders",
      );
      if (orders === undefined) throw new Error("a count returned no row");
      return {
        wasInTransaction: (serverStatus & SERVER_STATUS_IN_TRANS) !== 0,
        visibleOrders: orders.visibleOrders,
      };
    },
    run: (statement) => db.query(statement),
    runSlowQuery: () => db.query(`select sleep(${slowQuerySeconds})`),
  });
}
