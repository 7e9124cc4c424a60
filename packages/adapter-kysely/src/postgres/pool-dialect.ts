import {
  type DatabaseConnection,
  type Driver,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
} from "kysely";
import { withoutCancelling } from "../without-cancelling.js";

/** Kysely's own dialect, for a pool whose sessions are behind RDS Proxy. */
export class PoolDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new PoolDriver(this.#config);
  }
}

class PoolDriver extends PostgresDriver {
  override async acquireConnection(
    ...options: Parameters<PostgresDriver["acquireConnection"]>
  ): Promise<DatabaseConnection> {
    return withoutCancelling(await super.acquireConnection(...options));
  }
}
