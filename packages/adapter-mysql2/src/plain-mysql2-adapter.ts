import type { Adapter } from "@rds-proxy/core/adapter";
import { createAdapter } from "./create-adapter.js";
import type { Mysql2Connection } from "./driver/loan.js";

/**
 * `mysql2Adapter()` as the middleware has it where no adapter is given: without options of mysql2, and without the code
 * that checks them, which no cold start reads then.
 */
export function plainMysql2Adapter(): Adapter<Mysql2Connection> {
  return createAdapter(() => ({}));
}
