import { isWhole, type Schedule } from "./schedule.js";

/**
 * Makes a failing schedule smaller: fewer actors, steps and choices, as long as it breaks the same promise.
 *
 * @param brokenBy the promise that a schedule breaks; undefined if it breaks none
 */
export async function shrink(
  found: Schedule,
  brokenBy: (schedule: Schedule) => Promise<string | undefined>,
): Promise<Schedule> {
  const promise = await brokenBy(found);
  let smallest = found;
  for (;;) {
    const smaller = await firstOf(candidates(smallest), async (one) => (await brokenBy(one)) === promise);
    if (!smaller) return smallest;
    smallest = smaller;
  }
}

async function firstOf<Item>(
  items: Iterable<Item>,
  isWanted: (item: Item) => Promise<boolean>,
): Promise<Item | undefined> {
  for (const item of items) if (await isWanted(item)) return item;
  return undefined;
}

/** Smaller schedules, the smallest first. */
function* candidates({ program, choices }: Schedule): Iterable<Schedule> {
  const { actors } = program;
  const last = choices.findLastIndex((choice) => choice > 0);
  if (last < choices.length - 1) yield { program, choices: choices.slice(0, last + 1) };
  for (const [index] of actors.entries()) {
    if (actors.length > 1) yield { program: { ...program, actors: actors.toSpliced(index, 1) }, choices };
  }
  for (const [index, steps] of actors.entries()) {
    for (const fewer of withFewerSteps(steps)) {
      yield { program: { ...program, actors: actors.with(index, fewer) }, choices };
    }
  }
  if (program.maxConnections > 1) {
    yield { program: { ...program, maxConnections: program.maxConnections - 1 }, choices };
  }
  for (let length = 0; length < last; length = Math.max(length + 1, Math.ceil((length + last) / 2))) {
    yield { program, choices: choices.slice(0, length) };
  }
  for (const [index, choice] of choices.entries()) {
    if (choice > 0) yield { program, choices: choices.with(index, 0) };
    yield* choice > 1 ? [{ program, choices: choices.with(index, choice - 1) }] : [];
    // An event in which the shrunk schedule has no choice any more.
    if (choice === 0) yield { program, choices: choices.toSpliced(index, 1) };
  }
}

/** Without one step, or without a use of a connection. */
function* withFewerSteps(steps: readonly string[]): Iterable<readonly string[]> {
  for (const [from] of steps.entries()) {
    for (let count = 1; count < steps.length; count++) {
      const fewer = steps.toSpliced(from, count);
      if (fewer.length < steps.length && isWhole(fewer)) yield fewer;
    }
  }
}
