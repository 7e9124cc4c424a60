import type pg from "pg";
import { perform } from "../perform.js";
import { type Answer, slowQuerySeconds, type Task } from "../task.js";

/** The task on PostgreSQL, the same for every handler. */
export async function work(task: Task, db: Pick<pg.PoolClient, "query">): Promise<Answer> {
  return perform(task, {
    async lookAround() {
      // An id is assigned to a transaction with its first change, so outside of one this is null.
      const { rows } = await db.query<Answer>(
        `select pg_current_xact_id_if_assigned() is not null as "wasInTransaction",
                (select count(*)::int from orders) as "visibleOrders"`,
      );
      const [answer] = rows;
      if (answer === undefined) throw new Error("a select without a where clause returned no row");
      return answer;
    },
    run: (statement) => db.query(statement),
    runSlowQuery: () => db.query(`select pg_sleep(${slowQuerySeconds})`),
  });
}
