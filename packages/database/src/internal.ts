/**
 * What only the packages of this repository share. It changes in any release, without notice.
 *
 * @internal
 * @module
 */
export { EnvironmentDatabase } from "./environment-database.js";
export type { Holder } from "./invocations.js";
export type { LifeCycle } from "./life-cycle.js";
export { type DatabaseOptions, type ResolvedDatabaseOptions, resolveDatabaseOptions } from "./options.js";
export { timeBudget } from "./time-budget.js";
