import type { SettingValue } from "@rds-proxy/doctor";
import type { LocalProxyOptions } from "@rds-proxy/local-proxy";
import { resolveOptions } from "../../packages/local-proxy/src/options/resolve-options.js";
import { mysqlPinReasons } from "../../packages/local-proxy/src/pinning/mysql-pin-rules.js";
import type { PinRule } from "../../packages/local-proxy/src/pinning/pin.js";
import { postgresPinReasons } from "../../packages/local-proxy/src/pinning/postgres-pin-rules.js";
import type { ServerTraits } from "./server-traits.js";

/** The value that a probe has to find for each setting, or "undecided". */
export type Expectation = Readonly<Record<string, SettingValue>>;

const UNDECIDED = "undecided";

/** What a probe with locks has to find at a local proxy with these options. */
export function expectationFor(options: LocalProxyOptions, traits: ServerTraits): Expectation {
  const { engine, requireSni, clockSkewMs, tokenLifetime, tokenHostCase } = resolveOptions(options);
  return {
    requireSni,
    clockSkewMs,
    tokenLifetime,
    tokenHostCase,
    statementBorrowTimeout: UNDECIDED,
    limits: UNDECIDED,
    networkIdleMs: UNDECIDED,
    ...limitOf(options),
    ...(engine === "postgres" ? postgresOf(options, traits) : mysqlOf(options, traits)),
  };
}

function limitOf(options: LocalProxyOptions): Expectation {
  const { engine, pinning } = resolveOptions(options);
  const isSeen = pinning.rules.has("long-statement");
  return {
    "pinning.statementLimit": isSeen ? pinning.statementLimit : UNDECIDED,
    "pinning.statementLimitUnit": isSeen ? pinning.statementLimitUnit : UNDECIDED,
    ...(engine === "postgres" && {
      "pinning.countsBoundValues": isSeen ? pinning.countsBoundValues : UNDECIDED,
    }),
  };
}

function rulesOf(reasons: Readonly<Record<string, string>>, rules: ReadonlySet<PinRule>): Expectation {
  const names: ReadonlySet<string> = rules;
  return Object.fromEntries(Object.keys(reasons).map((rule) => [`pinning.rules.${rule}`, names.has(rule)]));
}

function postgresOf(options: LocalProxyOptions, { parameters }: ServerTraits): Expectation {
  const { postgres, pinning, unnamedStatement } = resolveOptions(options);
  const pinsUnnamed = pinning.rules.has("unnamed-statement");
  return {
    "postgres.parameterStatus":
      postgres.parameterStatus ?? Object.fromEntries(parameters.map((name) => [name, true as const])),
    "postgres.sendsBackendKey": postgres.sendsBackendKey,
    "postgres.newerProtocol": postgres.newerProtocol,
    "postgres.directTls": postgres.directTls,
    // "pin" is "prepare" with the rule.
    unnamedStatement: unnamedStatement !== "refuse" && pinsUnnamed ? "pin" : unnamedStatement,
    ...rulesOf(postgresPinReasons, pinning.rules),
  };
}

function mysqlOf(options: LocalProxyOptions, { capabilities }: ServerTraits): Expectation {
  const { mysql, pinning } = resolveOptions(options);
  const { rules, excludesVariableSets } = pinning;
  const withheld = capabilities.filter((name) => mysql.withheldCapabilities.includes(name));
  const hasSeveral = !withheld.includes("MULTI_STATEMENTS");
  // No SET pins: the filter, or the rules.
  const isSetSilent = excludesVariableSets || !(rules.has("set-variable") || rules.has("next-transaction"));
  const filtered = excludesVariableSets && rules.has("set-variable") ? ["EXCLUDE_VARIABLE_SETS"] : UNDECIDED;
  // Without the capability, the server refuses two statements in one query, which proves something only if they pin.
  const decidable = (rule: PinRule): boolean | string => rules.has(rule) || (hasSeveral ? false : UNDECIDED);
  return {
    "mysql.authPlugin": mysql.authPlugin,
    "mysql.serverVersion": mysql.serverVersion ?? true,
    "mysql.withheldCapabilities": withheld,
    ...rulesOf(mysqlPinReasons, rules),
    "pinning.rules.next-transaction": isSetSilent ? UNDECIDED : rules.has("next-transaction"),
    "pinning.filters": isSetSilent ? filtered : [],
    "pinning.rules.multi-statement": decidable("multi-statement"),
    "pinning.rules.lock-table": rules.has("multi-statement") ? UNDECIDED : decidable("lock-table"),
  };
}
