import type { Machine, Transition } from "./machine.js";

/** Slots with their invocations. */
interface Whole {
  /** Sorted. */
  readonly states: readonly string[];
  /** Invocations in the queue, and those that come later. */
  readonly waiting: number;
  readonly coming: number;
  readonly isClosed: boolean;
}

/** What an exhaustive search found. */
export interface Checked {
  /** Combinations of states. */
  readonly reached: number;
  readonly states: ReadonlySet<string>;
  readonly used: ReadonlySet<Transition>;
  /** Everything that must not be, in words. */
  readonly faults: readonly string[];
}

interface Step {
  readonly whole: Whole;
  readonly transition: Transition | undefined;
}

/** What an element that is left behind does not belong to: it holds no slot. */
const isWithoutSlot = (state: string): boolean => ["abandoned", "late"].includes(state);

/**
 * Searches every combination of states of some slots and invocations. Each invocation ends its lease; `close()` may come at any time.
 *
 * Finds combinations in which nothing can happen although something is left to do, those from which the end cannot be reached, and
 * invocations that wait although a slot is free.
 */
export function checkMachine(machine: Machine, slots: number, invocations: number): Checked {
  const initial: Whole = {
    states: Array.from({ length: slots }, () => machine.initial),
    waiting: 0,
    coming: invocations,
    isClosed: false,
  };
  const found = new Map<string, Whole>([[keyOf(initial), initial]]);
  const leadsTo = new Map<string, string[]>();
  const used = new Set<Transition>();
  const faults: string[] = [];
  for (const [key, whole] of found) {
    const next = stepsFrom(machine, whole);
    leadsTo.set(
      key,
      next.map((step) => keyOf(step.whole)),
    );
    for (const { whole: after, transition } of next) {
      if (transition) used.add(transition);
      if (!found.has(keyOf(after))) found.set(keyOf(after), after);
    }
    if (next.length === 0 && !isEnd(machine, whole)) faults.push(`nothing can happen: ${key}`);
    const isFree = whole.states.some((state) => !isWithoutSlot(state) && machine.resting.includes(state));
    if (whole.waiting > 0 && isFree) faults.push(`an invocation waits for a free slot: ${key}`);
    if (whole.states.filter((state) => !isWithoutSlot(state)).length !== slots) {
      faults.push(`a slot is lost or added: ${key}`);
    }
  }
  const ends = [...found].flatMap(([key, whole]) => (isEnd(machine, whole) ? [key] : []));
  const withEnd = reachableBackwards(leadsTo, ends);
  faults.push(
    ...[...found.keys()].filter((key) => !withEnd.has(key)).map((key) => `there is no end: ${key}`),
  );
  const states = new Set([...found.values()].flatMap((whole) => whole.states));
  return { reached: found.size, states, used, faults };
}

function isEnd({ resting }: Machine, { states, waiting, coming }: Whole): boolean {
  return waiting + coming === 0 && states.every((state) => resting.includes(state));
}

function stepsFrom(machine: Machine, whole: Whole): Step[] {
  const { states, waiting, coming, isClosed } = whole;
  const steps: Step[] = [];
  for (const state of new Set(states)) {
    for (const transition of machine.transitions) {
      if (transition.from !== state || !isPossible(transition, whole)) continue;
      // One login at most goes on beside those of the slots.
      if (transition.leaves && states.some(isWithoutSlot)) continue;
      steps.push({ whole: perform(machine, whole, transition), transition });
    }
  }
  const isFree = states.some((state) =>
    machine.transitions.some(({ from, takes }) => from === state && takes),
  );
  // An invocation that finds no slot waits; one that comes after `close()` is refused.
  if (coming > 0 && isClosed) steps.push({ whole: { ...whole, coming: coming - 1 }, transition: undefined });
  else if (coming > 0 && !isFree) {
    steps.push({ whole: { ...whole, coming: coming - 1, waiting: waiting + 1 }, transition: undefined });
  }
  // Its deadline, or `close()`.
  if (waiting > 0) steps.push({ whole: { ...whole, waiting: waiting - 1 }, transition: undefined });
  if (!isClosed) steps.push({ whole: { ...whole, isClosed: true, waiting: 0 }, transition: undefined });
  return steps;
}

function isPossible({ whole: needed, takes }: Transition, { coming, isClosed }: Whole): boolean {
  if (needed !== undefined && (needed === "closed") !== isClosed) return false;
  return !takes || coming > 0;
}

function perform(machine: Machine, whole: Whole, transition: Transition): Whole {
  const { from, to, takes, passes, leaves } = transition;
  const others = whole.states.toSpliced(whole.states.indexOf(from), 1);
  const isServed = passes && whole.waiting > 0 && !whole.isClosed;
  const next = isServed ? stateForWaiter(machine, to) : to;
  const added = [next, ...(leaves === undefined ? [] : [leaves])].filter((state) => state !== machine.gone);
  return {
    ...whole,
    states: [...others, ...added].toSorted(),
    coming: whole.coming - (takes ? 1 : 0),
    waiting: whole.waiting - (isServed ? 1 : 0),
  };
}

function stateForWaiter({ transitions }: Machine, state: string): string {
  const taken = transitions.find(({ from, takes }) => from === state && takes);
  if (!taken) throw new Error(`a slot that is ${state} cannot be passed on`);
  return taken.to;
}

function reachableBackwards(
  leadsTo: ReadonlyMap<string, readonly string[]>,
  ends: readonly string[],
): ReadonlySet<string> {
  const comesFrom = new Map<string, string[]>();
  for (const [from, all] of leadsTo) {
    for (const to of all) comesFrom.set(to, [...(comesFrom.get(to) ?? []), from]);
  }
  const found = new Set(ends);
  for (const key of found) for (const from of comesFrom.get(key) ?? []) found.add(from);
  return found;
}

function keyOf({ states, waiting, coming, isClosed }: Whole): string {
  return `${states.join(", ")}; ${waiting} waiting, ${coming} coming${isClosed ? ", closed" : ""}`;
}
