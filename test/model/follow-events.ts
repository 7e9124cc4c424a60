import type { RdsProxyEventName, RdsProxyEvents } from "@rds-proxy/core";
import type { Machine, Transition } from "./machine.js";

/** What an event says about a machine. */
export interface Observed {
  readonly name: RdsProxyEventName;
  /** Of a `discard`. */
  readonly reason?: string | undefined;
}

/** Machines of one kind that run side by side. */
export interface Places {
  readonly machine: Machine;
  readonly count: number;
}

/** More combinations than a run needs. */
const MOST_COMBINATIONS = 20_000;

/** The states of all places, and of what they left behind: for each machine a sorted list. */
type Whole = readonly (readonly string[])[];

/** The combinations that explain the events so far, and what follows from each event. Kept, since runs resemble each other. */
interface Explanation {
  readonly wholes: readonly Whole[];
  readonly next: Map<string, Explanation | undefined>;
}

/**
 * Follows the library's events, each of which has to be a transition of some machine. Events name neither a slot nor a lease, so this
 * keeps every combination of states that explains the events so far; transitions without an event may occur at any time.
 */
export class EventFollower {
  readonly #automaton: Automaton;
  #explanation: Explanation;

  constructor(places: readonly Places[]) {
    this.#automaton = automatonOf(places);
    this.#explanation = this.#automaton.initial;
  }

  /** Returns what is wrong; undefined if the event is a transition. */
  next(event: Observed): string | undefined {
    const { wholes } = this.#explanation;
    const next = this.#automaton.after(this.#explanation, event);
    if (next) {
      this.#explanation = next;
      return undefined;
    }
    const reason = event.reason === undefined ? "" : ` (${event.reason})`;
    return `the event ${event.name}${reason} is no transition from ${wholes.slice(0, 5).map(keyOf).join(" or ")}`;
  }
}

const automata = new Map<Machine, Map<string, Automaton>>();

function automatonOf(places: readonly Places[]): Automaton {
  const [first] = places;
  if (!first) throw new Error("no machines to follow");
  const ofMachine = automata.get(first.machine) ?? new Map<string, Automaton>();
  automata.set(first.machine, ofMachine);
  const key = places.map(({ machine, count }) => `${count} ${machine.initial}`).join(", ");
  const automaton = ofMachine.get(key) ?? new Automaton(places);
  ofMachine.set(key, automaton);
  return automaton;
}

/** All explanations of events, computed when they are first needed. */
class Automaton {
  readonly initial: Explanation;
  readonly #places: readonly Places[];
  readonly #observable: ReadonlySet<string>;
  /** By their combinations. */
  readonly #explanations = new Map<string, Explanation>();

  constructor(places: readonly Places[]) {
    this.#places = places;
    this.#observable = new Set(
      places.flatMap(({ machine }) => machine.transitions.flatMap(({ emits }) => emits ?? [])),
    );
    this.initial = this.#explanationOf([
      places.map(({ machine, count }) => Array.from({ length: count }, () => machine.initial)),
    ]);
  }

  /** Undefined if no machine has such a transition. */
  after(explanation: Explanation, { name, reason = "" }: Observed): Explanation | undefined {
    if (!this.#observable.has(name)) return explanation;
    const key = `${name} ${reason}`;
    if (explanation.next.has(key)) return explanation.next.get(key);
    const wholes = explanation.wholes.flatMap((whole) =>
      this.#steps(whole, (transition) => {
        return transition.emits === name && reason.startsWith(transition.reason ?? "");
      }),
    );
    const next = wholes.length === 0 ? undefined : this.#explanationOf(wholes);
    explanation.next.set(key, next);
    return next;
  }

  /** With what transitions without an event lead to. */
  #explanationOf(from: readonly Whole[]): Explanation {
    const found = new Map<string, Whole>();
    const queue = [...from];
    for (let whole = queue.pop(); whole; whole = queue.pop()) {
      const key = keyOf(whole);
      if (found.has(key)) continue;
      found.set(key, whole);
      if (found.size > MOST_COMBINATIONS)
        throw new Error("too many combinations of states explain the events");
      queue.push(...this.#steps(whole, ({ emits }) => emits === undefined));
    }
    const key = [...found.keys()].toSorted().join("; ");
    const explanation = this.#explanations.get(key) ?? { wholes: [...found.values()], next: new Map() };
    this.#explanations.set(key, explanation);
    return explanation;
  }

  #steps(whole: Whole, isWanted: (transition: Transition) => boolean): Whole[] {
    return whole.flatMap((states, kind) => {
      const { machine, count } = this.#places[kind] ?? {};
      if (!machine || count === undefined) return [];
      return [...new Set(states)].flatMap((state) =>
        machine.transitions
          .filter((transition) => transition.from === state && isWanted(transition))
          .map((transition) => stepOf(states, transition, machine))
          // One login at most goes on beside those of the slots.
          .filter((next) => next.length <= count + 1)
          .map((next) => whole.with(kind, next)),
      );
    });
  }
}

function stepOf(states: readonly string[], { from, to, leaves }: Transition, { gone }: Machine): string[] {
  const others = states.toSpliced(states.indexOf(from), 1);
  const added = [to, ...(leaves === undefined ? [] : [leaves])].filter((state) => state !== gone);
  return [...others, ...added].toSorted();
}

function keyOf(whole: Whole): string {
  return whole.map((states) => states.join(", ")).join(" + ");
}

/** The part of an event that the machines need; undefined for an acquire that failed, which is no transition. */
export function observe<Name extends RdsProxyEventName>(
  name: Name,
  payload: RdsProxyEvents[Name],
): Observed | undefined {
  if ("error" in payload && name === "acquire" && payload.error !== undefined) return undefined;
  const reason = "reason" in payload && typeof payload.reason === "string" ? payload.reason : undefined;
  return { name, reason };
}
