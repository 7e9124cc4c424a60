import { type Driver, MysqlDialect } from "kysely";
import { withoutCancelling } from "../without-cancelling.js";

/** Kysely's own dialect, for a pool whose sessions are behind RDS Proxy. */
export class PoolDialect extends MysqlDialect {
  override createDriver(): Driver {
    return withoutCancelling(super.createDriver());
  }
}
