import { EFFECTS, type EffectKind } from "../../../packages/core/src/session-state/effects.js";
import { mysqlEffects } from "../../../packages/core/src/session-state/mysql-effects.js";
import { isPlainQuery } from "../../../packages/core/src/session-state/plain-query.js";
import { postgresEffects } from "../../../packages/core/src/session-state/postgres-effects.js";
import { type Dialect, TokenReader } from "../../../packages/core/src/session-state/token-reader.js";
import type { Target } from "../target.js";
import { statements } from "./statements.js";

const findEffects = { postgres: postgresEffects, mysql: mysqlEffects };

/** How core reads statements that handlers send. */
export const coreStatementTargets: readonly Target[] = (["postgres", "mysql"] as const).map((engine) => ({
  name: `core-${engine}-statement`,
  covers: ["/core/src/session-state/"],
  isLinear: true,
  seeds: statements,
  feed(input) {
    const text = input.toString("utf8");
    for (const hasBackslashEscapes of [false, true]) {
      checkTokens(text, { engine, hasBackslashEscapes });
      checkEffects(text, findEffects[engine](text, hasBackslashEscapes));
    }
  },
}));

/** Tokens follow one another, and each has at least one character. */
function checkTokens(text: string, dialect: Dialect): void {
  const reader = new TokenReader(text, dialect);
  let end = 0;
  while (reader.next()) {
    const { name, previousName, kind } = reader;
    if (reader.start < end || reader.end <= reader.start || reader.end > text.length)
      throw new Error(
        `${kind} ${name} from ${reader.start} to ${reader.end} after ${previousName}, which ends at ${end}`,
      );
    end = reader.end;
  }
}

function checkEffects(text: string, effects: readonly EffectKind[]): void {
  for (const effect of effects) if (!EFFECTS[effect]) throw new Error(`the effect ${effect} is not known`);
  if (isPlainQuery({ text }) && effects.length > 0)
    throw new Error(`a plain query has the effects ${effects.join(", ")}`);
}
