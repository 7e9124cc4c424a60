export {
  createEnvironment,
  type HandlerInput,
  type InvocationOptions,
  type TestEnvironment,
} from "./environment.js";
export type {
  ConformanceException,
  ConformanceHarness,
  ConformanceQuery,
  ConformanceSql,
  SessionStateExample,
} from "./harness.js";
export { mysqlSql, postgresSql } from "./sql.js";
export { describeConformance } from "./suite.js";
