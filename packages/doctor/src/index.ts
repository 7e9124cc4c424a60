export { diagnose } from "./diagnose.js";
export type { DiagnoseOptions } from "./diagnose-options.js";
export { type FormatReportOptions, formatReport } from "./format-report.js";
export { findPins, type PinFinding, type PinReport } from "./pins/find-pins.js";
export { formatPins } from "./pins/format-pins.js";
export { type FormatProbeOptions, formatProbe } from "./probe/format-probe.js";
export { probe } from "./probe/probe.js";
export type { ProbeOptions } from "./probe/probe-options.js";
export type {
  Observation,
  ProbeReport,
  ProxyProfile,
  SettingResult,
  SettingValue,
} from "./probe/probe-report.js";
export type {
  DiagnosisCause,
  DiagnosisFact,
  DiagnosisReport,
  DiagnosisStep,
  DiagnosisStepName,
} from "./report.js";
