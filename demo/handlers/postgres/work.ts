import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { type Answer, patienceMs, slowQuerySeconds, type Task } from "../task.js";

/** The business end of the handlers: the same statements for each of them. */
export async function work(task: Task, db: Pick<pg.PoolClient, "query">): Promise<Answer> {
  // An id is assigned to a transaction with its first change, so outside of one this is null.
  const { rows } = await db.query<Answer>(
    `select pg_current_xact_id_if_assigned() is not null as "wasInTransaction",
            (select count(*)::int from orders) as "visibleOrders"`,
  );
  const [answer] = rows;
  if (answer === undefined) throw new Error("a select without a where clause returned no row");

  switch (task) {
    case "look-around":
      break;
    case "place-order":
      await db.query("begin");
      await db.query("insert into orders values ('placed')");
      await db.query("commit");
      break;
    case "abandon-order":
      await db.query("begin");
      await db.query("insert into orders values ('abandoned')");
      // A validation failed, say, and the handler returns early: nobody commits, nobody rolls back.
      break;
    case "abandon-slow-query":
      await Promise.race([db.query(`select pg_sleep(${slowQuerySeconds})`), delay(patienceMs)]);
      break;
    default:
      task satisfies never;
  }
  return answer;
}
