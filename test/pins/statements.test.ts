import { EFFECTS, mysqlEffects, postgresEffects } from "@rds-proxy/core/diagnosis";
import { describe, expect, test } from "vitest";
import { findMysqlEffects } from "../../packages/local-proxy/src/mysql/pin-rules.js";
import { tokenize as tokenizeMysql } from "../../packages/local-proxy/src/mysql/tokenize.js";
import { findPostgresPins } from "../../packages/local-proxy/src/postgres/pin-rules.js";
import { tokenize as tokenizePostgres } from "../../packages/local-proxy/src/postgres/tokenize.js";
import { mysqlStatements } from "./mysql-statements.js";
import { postgresStatements } from "./postgres-statements.js";
import type { StatementGroup } from "./statement-group.js";

/** Groups on which the two judges differ, and why. */
const differences: Readonly<Record<string, string>> = {
  "for one transaction":
    "AWS does not say. The local proxy pins unless its rules set-local and set-config-local are off, so that tests meet the worst case; here it is the remedy.",
  "seeding random numbers by the parameter, for one transaction":
    "AWS does not say. The local proxy pins unless its rules set-local and set-config-local are off.",
  "temporary objects, in the session's own schema": "The local proxy knows the schema by its alias pg_temp.",
  "for the transaction that is open":
    "AWS does not say. The local proxy pins, so that tests meet the worst case.",
  "resource groups": "AWS names variables. The local proxy takes each SET for one.",
  handlers: "AWS does not say. The local proxy pins unless its rule handler is off.",
  "locks for a backup": "AWS does not say. The local proxy pins unless its rule backup-lock is off.",
};

/** Rules of the local proxy for what AWS does not document, off by default. */
const offByDefault: readonly string[] = ["multi-statement", "diagnostics", "calc-found-rows"];

const engines = [
  {
    engine: "PostgreSQL",
    groups: postgresStatements,
    effects: (text: string) => postgresEffects(text),
    pins: (text: string): number => findPostgresPins(tokenizePostgres(text)).length,
  },
  {
    engine: "MySQL",
    groups: mysqlStatements,
    effects: (text: string) => mysqlEffects(text),
    pins: (text: string): number =>
      findMysqlEffects(tokenizeMysql(text)).rules.filter((rule) => !offByDefault.includes(rule)).length,
  },
];

describe.each(engines)("$engine", ({ groups, effects, pins }) => {
  test("at least 180 statements are judged", () => {
    expect(groups.flatMap(({ statements }) => statements).length).toBeGreaterThanOrEqual(180);
  });

  test.each(groups)("$rule", (group) => {
    const judged = group.statements.map((text) => ({ text, effects: effects(text) }));
    expect(judged).toEqual(group.statements.map((text) => ({ text, effects: group.effects })));
  });

  test.each(groups)("$rule: the local proxy agrees on what pins, or the difference is explained", (group) => {
    const isPinning = group.effects.some((kind) => EFFECTS[kind].pins);
    const different = group.statements.filter((text) => pins(text) > 0 !== isPinning);
    expect(different).toEqual(isExplained(group) ? group.statements : []);
  });
});

function isExplained({ rule }: StatementGroup): boolean {
  return Object.hasOwn(differences, rule);
}
