import type { Engine } from "@rds-proxy/core";
import type { ProxyProfile, SettingResult } from "./probe-report.js";

interface Branch {
  [name: string]: unknown;
}

/** The profile of what was decided. */
export function buildProfile(
  engine: Engine,
  serverVersion: string,
  results: readonly SettingResult[],
): ProxyProfile {
  const settings: Branch = {};
  const open: Record<string, string> = {};
  for (const result of results) {
    if (result.outcome === "decided") put(settings, result.setting.split("."), result.value);
    else open[result.setting] = result.reason;
  }
  return { format: "rds-proxy-profile", version: 1, engine, serverVersion, settings, undecided: open };
}

function put(branch: Branch, [name = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    branch[name] = value;
    return;
  }
  const inner: Branch = { ...Object(branch[name]) };
  branch[name] = inner;
  put(inner, rest, value);
}
