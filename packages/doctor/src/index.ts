export { type DiagnoseOptions, diagnose } from "./diagnose.js";
export { formatReport } from "./format-report.js";
export type { Cause, Fact, Report, StepName, StepResult } from "./report.js";
