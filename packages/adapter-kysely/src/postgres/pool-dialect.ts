import { type Driver, PostgresDialect, type PostgresDialectConfig } from "kysely";
import { type ConnectionHooks, withHooks } from "../connection-hooks.js";
import { withoutCancelling } from "../without-cancelling.js";

/** Kysely's own dialect, for a pool behind RDS Proxy. */
export class PoolDialect extends PostgresDialect {
  readonly #hooks: ConnectionHooks;

  constructor(config: PostgresDialectConfig, hooks: ConnectionHooks) {
    super(config);
    this.#hooks = hooks;
  }

  override createDriver(): Driver {
    return withHooks(withoutCancelling(super.createDriver()), this.#hooks);
  }
}
