export { diagnose } from "./diagnose.js";
export type { DiagnoseOptions } from "./diagnose-options.js";
export { formatReport } from "./format-report.js";
export type {
  DiagnosisCause,
  DiagnosisFact,
  DiagnosisReport,
  DiagnosisStep,
  DiagnosisStepName,
} from "./report.js";
