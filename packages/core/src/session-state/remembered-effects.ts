import type { EffectKind } from "./effects.js";

/** Finds the effects of a text, as `postgresEffects` and `mysqlEffects` do. */
export type FindEffects = (text: string, hasBackslashEscapes: boolean) => readonly EffectKind[];

/** Longer texts come rarely twice, since they hold values. */
const LONGEST_REMEMBERED = 4096;
const MOST_REMEMBERED = 200;

/** The same, but a text that was read before costs a look-up. */
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
      // Texts that differ in their values would fill the memory.
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(text, effects);
    }
    return effects;
  };
}
