import type { CreateSubject } from "../run-schedule.js";
import { concurrentMiddleware, middleware } from "./middleware.js";
import { mysqlPool } from "./mysql-pool.js";
import { pgPool } from "./pg-pool.js";
import { sequelize } from "./sequelize.js";
import { slots } from "./slots.js";
import { turns } from "./turns.js";

/** Everything that runs under the scheduler, by its name in programs. */
const SUBJECTS: Readonly<Record<string, CreateSubject>> = {
  slots,
  middleware,
  "concurrent-middleware": concurrentMiddleware,
  turns,
  "mysql-pool": mysqlPool,
  "pg-pool": pgPool,
  sequelize,
};

/** @throws Error for an unknown name */
export function subjectOf(name: string): CreateSubject {
  const subject = SUBJECTS[name];
  if (!subject) throw new Error(`no subject "${name}": expected ${Object.keys(SUBJECTS).join(", ")}`);
  return subject;
}
