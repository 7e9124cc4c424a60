import { badOption, checkNames, checkOneOf } from "./option-checks.js";
import type { LocalProxyOptions } from "./options.js";

// The README documents the format for other programs. `rds-proxy-doctor probe` writes it, and shares no code with this.
const profileFormat = "rds-proxy-profile";
const profileVersion = 1;

/** The options that a profile can set. */
export type ProfileSettings = Pick<
  LocalProxyOptions,
  | "postgres"
  | "mysql"
  | "unnamedStatement"
  | "pinning"
  | "requireSni"
  | "clockSkewMs"
  | "tokenLifetime"
  | "tokenHostCase"
>;

const settingNames: Readonly<Record<keyof ProfileSettings, true>> = {
  postgres: true,
  mysql: true,
  unnamedStatement: true,
  pinning: true,
  requireSni: true,
  clockSkewMs: true,
  tokenLifetime: true,
  tokenHostCase: true,
};
const profileNames = {
  format: true,
  version: true,
  engine: true,
  serverVersion: true,
  settings: true,
  undecided: true,
} as const;

/**
 * The options with the settings of their profile below them. Throws a `TypeError` that names the bad part of the profile.
 *
 * @param check throws for options that are wrong
 */
export function withProfile(
  options: LocalProxyOptions,
  check: (options: LocalProxyOptions) => unknown,
): LocalProxyOptions {
  const { profile, ...given } = options;
  if (profile === undefined) return options;
  const settings = settingsOf(profile, given.engine);
  try {
    check({ engine: given.engine, upstream: given.upstream, ...settings });
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    throw new TypeError(message.replace(/^option /, "option profile.settings."), { cause: error });
  }
  return { ...given, ...mergeInto(settings, given) };
}

function settingsOf(profile: object, engine: LocalProxyOptions["engine"]): ProfileSettings {
  checkNames("profile", profile, profileNames);
  const { format, version, engine: profiled, settings }: Partial<Record<string, unknown>> = { ...profile };
  if (format !== profileFormat) throw badOption("profile.format", JSON.stringify(profileFormat), format);
  if (version !== profileVersion) {
    throw badOption("profile.version", `${profileVersion}, the only one that this version reads`, version);
  }
  checkOneOf("profile.engine", ["postgres", "mysql"], String(profiled));
  if (profiled !== engine) {
    throw badOption("profile.engine", `${JSON.stringify(engine)}, as the option engine says`, profiled);
  }
  if (typeof settings !== "object" || settings === null) {
    throw badOption("profile.settings", "an object", settings);
  }
  checkNames("profile.settings", settings, settingNames);
  return settings;
}

/** What is given takes precedence, name by name; an explicit `undefined` is not given. */
function mergeInto(settings: ProfileSettings, given: LocalProxyOptions): ProfileSettings {
  const { postgres, mysql, pinning } = settings;
  const rules = overlay(pinning?.rules ?? {}, given.pinning?.rules);
  return {
    ...overlay(settings, given),
    ...(postgres && { postgres: overlay(postgres, given.postgres) }),
    ...(mysql && { mysql: overlay(mysql, given.mysql) }),
    ...(pinning && { pinning: { ...overlay(pinning, given.pinning), rules } }),
  };
}

function overlay<T extends object>(below: T, above: Partial<T> | undefined): T {
  const given = Object.entries(above ?? {}).filter(([, member]) => member !== undefined);
  return { ...below, ...Object.fromEntries(given) };
}
