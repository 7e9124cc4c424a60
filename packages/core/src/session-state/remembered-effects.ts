import type { EffectKind } from "./effects.js";

/** Finds the effects of a text, as `postgresEffects` and `mysqlEffects` do. */
export type FindEffects = (text: string, hasBackslashEscapes: boolean) => readonly EffectKind[];

/** In characters. Longer texts contain values and are rarely sent twice. */
const LONGEST_REMEMBERED = 4096;
const MOST_REMEMBERED = 200;

/** Caches the results of `find` by text. */
export function rememberEffects(find: FindEffects): FindEffects {
  const remembered = {
    true: new Map<string, readonly EffectKind[]>(),
    false: new Map<string, readonly EffectKind[]>(),
  };
  return (text, hasBackslashEscapes) => {
    if (text.length > LONGEST_REMEMBERED) return find(text, hasBackslashEscapes);
    const known = remembered[`${hasBackslashEscapes}`];
    let effects = known.get(text);
    if (effects === undefined) {
      effects = find(text, hasBackslashEscapes);
      // Statements with values in their text are all different, so the cache needs a limit.
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(text, effects);
    }
    return effects;
  };
}
