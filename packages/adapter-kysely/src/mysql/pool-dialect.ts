import {
  type DatabaseConnection,
  type Driver,
  MysqlDialect,
  type MysqlDialectConfig,
  MysqlDriver,
} from "kysely";
import { withoutCancelling } from "../without-cancelling.js";

/** Kysely's own dialect, for a pool whose sessions are behind RDS Proxy. */
export class PoolDialect extends MysqlDialect {
  readonly #config: MysqlDialectConfig;

  constructor(config: MysqlDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new PoolDriver(this.#config);
  }
}

class PoolDriver extends MysqlDriver {
  override async acquireConnection(
    ...options: Parameters<MysqlDriver["acquireConnection"]>
  ): Promise<DatabaseConnection> {
    return withoutCancelling(await super.acquireConnection(...options));
  }
}
