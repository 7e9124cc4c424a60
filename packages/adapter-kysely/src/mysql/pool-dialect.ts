import { type Driver, MysqlDialect, type MysqlDialectConfig } from "kysely";
import { type ConnectionHooks, withHooks } from "../connection-hooks.js";
import { withoutCancelling } from "../without-cancelling.js";

/** Kysely's own dialect, for a pool behind RDS Proxy. */
export class PoolDialect extends MysqlDialect {
  readonly #hooks: ConnectionHooks;

  constructor(config: MysqlDialectConfig, hooks: ConnectionHooks) {
    super(config);
    this.#hooks = hooks;
  }

  override createDriver(): Driver {
    return withHooks(withoutCancelling(super.createDriver()), this.#hooks);
  }
}
