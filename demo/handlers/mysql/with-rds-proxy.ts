import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { Task } from "../task.js";
import { work } from "./work.js";

export const handler = middy<Task>()
  .use(rdsProxy())
  .handler(async (task, { db }) => work(task, db));
