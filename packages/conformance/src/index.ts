export { createEnvironment, type Handled, type Invocation, type TestEnvironment } from "./environment.js";
export type { ConformanceHarness, Exception, Query, Sql } from "./harness.js";
export { mysqlSql, postgresSql } from "./sql.js";
export { describeConformance } from "./suite.js";
