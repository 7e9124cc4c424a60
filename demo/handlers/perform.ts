import { setTimeout as delay } from "node:timers/promises";
import { type Answer, queryTimeoutMs, type Task } from "./task.js";

/** What the tasks need of a connection, in the engine's SQL. */
export interface TaskConnection {
  /** The state of the session before the task. */
  lookAround(): Promise<Answer>;
  run(statement: string): Promise<unknown>;
  /** Runs for `slowQuerySeconds`. */
  runSlowQuery(): Promise<unknown>;
}

/** The task, which is the same in every handler. */
export async function perform(task: Task, db: TaskConnection): Promise<Answer> {
  const answer = await db.lookAround();
  switch (task) {
    case "look-around":
      break;
    case "place-order":
      await db.run("begin");
      await db.run("insert into orders values ('placed')");
      await db.run("commit");
      break;
    case "abandon-order":
      await db.run("begin");
      await db.run("insert into orders values ('abandoned')");
      // The handler returns early, after a failed validation for example, without commit or rollback.
      break;
    case "abandon-slow-query":
      await Promise.race([db.runSlowQuery(), delay(queryTimeoutMs)]);
      break;
    default:
      task satisfies never;
  }
  return answer;
}
