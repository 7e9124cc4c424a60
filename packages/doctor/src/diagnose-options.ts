import type { Engine, RdsProxyOptions } from "@rds-proxy/core";

/** The library's own options, plus two. Each step takes at most `connectTimeoutMs`. */
export interface DiagnoseOptions extends RdsProxyOptions {
  /**
   * Protocol of the database: `"mysql"` is MySQL and MariaDB.
   *
   * @default "postgres"
   */
  engine?: Engine | undefined;
  /**
   * Limit of the whole diagnosis, in milliseconds. In a Lambda function, pass less than the remaining time.
   *
   * @default 15000
   */
  timeoutMs?: number | undefined;
}
