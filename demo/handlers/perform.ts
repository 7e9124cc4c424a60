import { setTimeout as delay } from "node:timers/promises";
import { type Answer, patienceMs, type Task } from "./task.js";

/** A connection that does what the tasks need, in the words of its engine. */
export interface TaskConnection {
  /** What the session is like before the task begins. */
  lookAround(): Promise<Answer>;
  run(statement: string): Promise<unknown>;
  /** Runs for `slowQuerySeconds`. */
  runSlowQuery(): Promise<unknown>;
}

/** The business end of all handlers. */
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
      // A validation failed, say, and the handler returns early: nobody commits, nobody rolls back.
      break;
    case "abandon-slow-query":
      await Promise.race([db.runSlowQuery(), delay(patienceMs)]);
      break;
    default:
      task satisfies never;
  }
  return answer;
}
