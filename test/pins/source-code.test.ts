import { EFFECTS, type EffectKind, mysqlEffects, postgresEffects } from "@rds-proxy/core/diagnosis";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pinsOf } from "../../packages/doctor/src/pins/find-pins.js";
import { mysqlStatements } from "./mysql-statements.js";
import { postgresStatements } from "./postgres-statements.js";
import type { StatementGroup } from "./statement-group.js";

const RUNS = 100;
const STATEMENTS_PER_RUN = 1000;

/** Statements of the table, changed in case, white space, comments and neighbours, and cut anywhere. */
function statementsLike(groups: readonly StatementGroup[]): fc.Arbitrary<string> {
  const known = fc.constantFrom(...groups.flatMap(({ statements }) => statements));
  const changed = fc
    .tuple(known, fc.constantFrom("", " ", "\n", "/* ; */ ", "-- '\n"), fc.boolean(), fc.nat({ max: 200 }))
    .map(
      ([text, before, isUpper, length]) =>
        before + (isUpper ? text.toUpperCase() : text).slice(0, length || 200),
    );
  return fc.array(changed, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("; "));
}

test.each([
  { engine: "postgres", groups: postgresStatements, read: (text: string) => postgresEffects(text) },
  { engine: "mysql", groups: mysqlStatements, read: (text: string) => mysqlEffects(text) },
] as const)(
  "$engine: what the doctor finds in source code is what is seen when it runs, for 50,000 statements",
  ({ engine, groups, read }) => {
    const files = fc.array(statementsLike(groups), {
      minLength: STATEMENTS_PER_RUN,
      maxLength: STATEMENTS_PER_RUN,
    });
    fc.assert(
      fc.property(files, (statements) => {
        const source = statements.map((text) => `db.query(${JSON.stringify(text)});`).join("\n");
        const found = statements.map((): EffectKind[] => []);
        for (const { line, kind } of pinsOf("a.js", source, engine)) found[line - 1]?.push(kind);
        expect(found).toEqual(statements.map((text) => reported(read(text))));
      }),
      { numRuns: RUNS / 2, endOnFailure: true },
    );
  },
  120_000,
);

/** What pins or stays, each kind once. */
function reported(effects: readonly EffectKind[]): EffectKind[] {
  return [...new Set(effects)].filter((kind) => EFFECTS[kind].pins || EFFECTS[kind].lasts === "session");
}
