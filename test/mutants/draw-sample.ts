import { createRandom } from "../support/random.js";

/**
 * Draws `size` of `all`, each with the same chance, in the order of drawing. A larger sample by the same seed begins with the
 * smaller one.
 */
export function drawSample<T>(all: readonly T[], size: number, seed: number): readonly T[] {
  const random = createRandom(seed, "mutants");
  const left = [...all];
  return Array.from({ length: Math.min(size, all.length) }, () => {
    const index = random.between(0, left.length - 1);
    const [drawn] = left.splice(index, 1);
    return drawn as T;
  });
}
