import type { Engine } from "@rds-proxy/core";

/** The value of a setting of the local proxy. */
export type SettingValue =
  | boolean
  | number
  | string
  | readonly string[]
  | Readonly<Record<string, string | true>>;

/** What an experiment found out about one setting. */
export type SettingResult =
  | {
      /** Its name as a path, such as `pinning.rules.set-local`. */
      readonly setting: string;
      readonly outcome: "decided";
      readonly value: SettingValue;
    }
  | {
      readonly setting: string;
      readonly outcome: "undecided";
      /** Why; it names no host, user or address. */
      readonly reason: string;
    };

/** Something that was seen and is no setting of the local proxy. */
export interface Observation {
  readonly name: string;
  readonly value: string;
}

/**
 * The format that the local proxy reads: see "Profiles" in its README. It names no host, account, user or secret.
 */
export interface ProxyProfile {
  readonly format: "rds-proxy-profile";
  readonly version: 1;
  readonly engine: Engine;
  /** The database's version. */
  readonly serverVersion: string;
  /** The decided settings, as options of the local proxy. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Why the others are not decided, by their names. */
  readonly undecided: Readonly<Record<string, string>>;
}

/** The result of a probe: plain JSON. */
export interface ProbeReport {
  /** `failed`: no connection could be opened, or the credentials are missing. */
  readonly outcome: "probed" | "not an RDS Proxy" | "failed";
  /** What is wrong; undefined after `probed`. */
  readonly problem?: string;
  readonly engine: Engine;
  readonly durationMs: number;
  /** How many connections were opened, one after the other included. */
  readonly connections: number;
  readonly results: readonly SettingResult[];
  readonly observations: readonly Observation[];
  /** Only after `probed`. */
  readonly profile?: ProxyProfile;
}

export function decided(setting: string, value: SettingValue): SettingResult {
  return { setting, outcome: "decided", value };
}

export function undecided(setting: string, reason: string): SettingResult {
  return { setting, outcome: "undecided", reason };
}
