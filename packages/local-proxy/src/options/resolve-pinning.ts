import { mysqlPinReasons } from "../pinning/mysql-pin-rules.js";
import type { PinRule } from "../pinning/pin.js";
import { postgresPinReasons } from "../pinning/postgres-pin-rules.js";
import { badOption, checkBoolean, checkInteger, checkList, checkNames, checkOneOf } from "./option-checks.js";
import type { LocalProxyOptions, PinningOptions, ResolvedOptions, ResolvedPinning } from "./options.js";

const pinningNames: Readonly<Record<keyof PinningOptions, true>> = {
  rules: true,
  statementLimit: true,
  statementLimitUnit: true,
  countsBoundValues: true,
  filters: true,
};
const pinReasons = { postgres: postgresPinReasons, mysql: mysqlPinReasons };
// AWS documents nothing about several statements in one query, so each is checked on its own.
const rulesOffByDefault: ReadonlySet<string> = new Set<PinRule>([
  "multi-statement",
  // unnamedStatement: "pin" switches it on.
  "unnamed-statement",
  "diagnostics",
  "calc-found-rows",
]);
const defaultStatementLimit = 16_384;

export function resolveUnnamedStatement({
  engine,
  unnamedStatement,
}: LocalProxyOptions): ResolvedOptions["unnamedStatement"] {
  if (engine !== "postgres" && unnamedStatement !== undefined) {
    throw badOption(
      "unnamedStatement",
      `nothing, since engine is ${JSON.stringify(engine)}`,
      unnamedStatement,
    );
  }
  return checkOneOf("unnamedStatement", ["prepare", "pin", "refuse"], unnamedStatement ?? "prepare");
}

export function resolvePinning({
  engine,
  pinning = {},
  unnamedStatement,
}: LocalProxyOptions): ResolvedPinning {
  checkNames("pinning", pinning, pinningNames);
  const known = Object.keys(pinReasons[engine]);
  const switches = new Map<string, boolean>();
  for (const [rule, isOn] of Object.entries(pinning.rules ?? {})) {
    checkOneOf("pinning.rules", known, rule);
    if (isOn !== undefined) switches.set(rule, checkBoolean(`pinning.rules.${rule}`, isOn));
  }
  const filters = checkList("pinning.filters", pinning.filters ?? []);
  if (engine !== "mysql" && filters.length > 0) {
    throw badOption("pinning.filters", `nothing, since engine is ${JSON.stringify(engine)}`, filters);
  }
  for (const filter of filters) checkOneOf("pinning.filters", ["EXCLUDE_VARIABLE_SETS"], filter);
  if (unnamedStatement === "pin") switches.set("unnamed-statement", true);
  const isOn = (rule: string): boolean => switches.get(rule) ?? !rulesOffByDefault.has(rule);
  return {
    rules: new Set(known.filter(isPinRule).filter(isOn)),
    statementLimit: checkInteger(
      "pinning.statementLimit",
      pinning.statementLimit ?? defaultStatementLimit,
      1,
      defaultStatementLimit,
    ),
    statementLimitUnit: checkOneOf(
      "pinning.statementLimitUnit",
      ["bytes", "characters"],
      pinning.statementLimitUnit ?? "bytes",
    ),
    countsBoundValues: checkBoolean("pinning.countsBoundValues", pinning.countsBoundValues ?? false),
    excludesVariableSets: filters.length > 0,
  };
}

function isPinRule(name: string): name is PinRule {
  return Object.hasOwn(postgresPinReasons, name) || Object.hasOwn(mysqlPinReasons, name);
}
