import { clocks, finishJobs, realSetImmediate, Timer, type TimerOwner } from "./owned-globals.js";
import { Violation } from "./violation.js";

/** Decides which of the events that may occur now does. */
export type Choose = (count: number) => number;

/** A point in the life of the process. */
export interface Moment {
  /** Turns of the event loop that had ended. */
  readonly turn: number;
  /** How often the process had been frozen. */
  readonly freezes: number;
  /** Events that had occurred. */
  readonly event: number;
}

/** Something that may occur next: a step of an invocation, an answer of the server, the end of a connection. */
interface Occurrence {
  readonly label: string;
  readonly occur: () => void;
  /** Whether others come first, unless it is chosen. */
  isPostponed?: boolean;
}

/** An event of which one is chosen. */
interface Enabled {
  readonly label: string;
  readonly occur: () => void;
  readonly postpone?: () => void;
}

/** A FIN or RST that has reached this host, and that Node has not read yet. */
interface Arrival extends Occurrence {
  /** Ends of turns that may still come before Node reads it. */
  turnsLeft: number;
}

/** How often a released connection is asked whether its answer has ended. The invocation is over by then, and its slot is not free. */
export const POLL_MS = 1;

/** More events than any schedule needs. Beyond it something repeats without end. */
const MOST_EVENTS = 3000;

/**
 * Owns every event of one run. One occurs at a time, and what follows from it by promises and `nextTick` is done before the
 * next, as Node does it.
 *
 * The first choice is the oldest occurrence; then the end of the turn, which runs immediates; then what is postponed; then the next
 * timer. What a choice passes over is postponed, so that one choice makes an answer or a step as late as it can be.
 */
export class Scheduler implements TimerOwner {
  /** What occurred, in order. */
  readonly trace: string[] = [];
  /** For each choice among several, how many there were and which one was taken. */
  readonly degrees: number[] = [];
  readonly choices: number[] = [];
  /** Turns of the event loop that have ended. */
  #turns = 0;
  #freezes = 0;
  /** Whether no timer may be left when all work is done. */
  checksTimers = true;
  readonly #occurrences: Occurrence[] = [];
  readonly #arrivals: Arrival[] = [];
  readonly #timers: Timer[] = [];
  #immediates: (() => void)[] = [];
  #events = 0;
  #failure: unknown;

  /** Offers an occurrence. Returns a function that withdraws it. */
  offer(label: string, occur: () => void, isPostponed = false): () => void {
    const occurrence = { label, occur, isPostponed };
    this.#occurrences.push(occurrence);
    return () => remove(this.#occurrences, occurrence);
  }

  /**
   * Offers what Node reads from a socket. It may have polled just before, and then reads it in the turn after.
   *
   * @param turnsLeft 1, or 0 for what came while the process was frozen and idle
   */
  offerArrival(label: string, turnsLeft: number, occur: () => void): () => void {
    const arrival: Arrival = { label, occur, turnsLeft };
    this.#arrivals.push(arrival);
    return () => remove(this.#arrivals, arrival);
  }

  get moment(): Moment {
    return { turn: this.#turns, freezes: this.#freezes, event: this.#events };
  }

  /** Fails the run. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    const timer = new Timer(clocks.monotonicMs + Math.ceil(delayMs), callback);
    const later = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return timer;
  }

  stopTimer(timer: Timer): void {
    remove(this.#timers, timer);
  }

  atEndOfTurn(callback: () => void): void {
    this.#immediates.push(callback);
  }

  /** Suspends the process: the wall clock goes on, and timers stand still. */
  freeze(ms: number): void {
    this.#freezes++;
    clocks.wallMs += ms;
  }

  /**
   * Lets events occur until none is left.
   *
   * @param afterEach called after each event; throws to fail the run
   * @param isQuiet whether nothing is under way that a timer may limit
   * @throws what an event, `afterEach` or `fail` throws
   */
  run(choose: Choose, afterEach: () => void, isQuiet: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Not in a promise's job, from which no other job can be run.
    realSetImmediate(() => {
      try {
        do finishJobs();
        while (this.#occurNext(choose, afterEach, isQuiet));
        resolve();
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  }

  /** Whether there was an event. */
  #occurNext(choose: Choose, afterEach: () => void, isQuiet: () => boolean): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    afterEach();
    const enabled = this.#enabled();
    if (enabled.length === 0) return false;
    const hasOthers = this.#hasOthers();
    const left = this.#timers.filter(({ isRef }) => isRef);
    const leaked = left.filter(({ at }) => at - clocks.monotonicMs > POLL_MS);
    if (leaked.length > 0 && this.checksTimers && !hasOthers && isQuiet()) {
      throw new Violation("leak", `${leaked.length} timers are left when all work is done`);
    }
    // Timers that do not keep the process alive, such as a pool's for idle connections.
    if (left.length === 0 && !hasOthers && isQuiet()) return false;
    if (++this.#events > MOST_EVENTS) throw new Violation("endless", "events follow without end");
    const choice = this.#choose(choose, enabled.length);
    for (const { postpone } of enabled.slice(0, choice)) postpone?.();
    const event = enabled[choice];
    this.trace.push(event?.label ?? "");
    event?.occur();
    return true;
  }

  #choose(choose: Choose, count: number): number {
    if (count === 1) return 0;
    const choice = Math.min(count - 1, choose(count));
    this.degrees.push(count);
    this.choices.push(choice);
    return choice;
  }

  #hasOthers(): boolean {
    return this.#occurrences.length + this.#arrivals.length + this.#immediates.length > 0;
  }

  #enabled(): Enabled[] {
    const take = <Item extends Occurrence>(items: Item[], item: Item): Enabled => ({
      label: item.label,
      occur: () => {
        remove(items, item);
        item.occur();
      },
      postpone: () => {
        item.isPostponed = true;
      },
    });
    const all = [
      ...this.#occurrences.map((occurrence) => ({ occurrence, event: take(this.#occurrences, occurrence) })),
      ...this.#arrivals.map((occurrence) => ({ occurrence, event: take(this.#arrivals, occurrence) })),
    ];
    const enabled = all.flatMap(({ occurrence, event }) => (occurrence.isPostponed ? [] : [event]));
    if (this.#immediates.length > 0 && this.#arrivals.every(({ turnsLeft }) => turnsLeft > 0)) {
      enabled.push({ label: "the turn ends", occur: () => this.#endTurn() });
    }
    enabled.push(...all.flatMap(({ occurrence, event }) => (occurrence.isPostponed ? [event] : [])));
    const [timer] = this.#timers;
    const waitMs = timer ? Math.max(0, timer.at - clocks.monotonicMs) : 0;
    // Node does not wait while immediates are due.
    if (timer && (waitMs === 0 || this.#immediates.length === 0)) {
      enabled.push({ label: `${waitMs} ms pass, and a timer fires`, occur: () => this.#fire(timer) });
    }
    return enabled;
  }

  /** Node runs all immediates of a turn; those that they add belong to the next. */
  #endTurn(): void {
    this.#turns++;
    for (const arrival of this.#arrivals) arrival.turnsLeft--;
    const immediates = this.#immediates;
    this.#immediates = [];
    for (const immediate of immediates) {
      immediate();
      finishJobs();
    }
  }

  #fire(timer: Timer): void {
    this.stopTimer(timer);
    const passedMs = Math.max(0, timer.at - clocks.monotonicMs);
    clocks.monotonicMs += passedMs;
    clocks.wallMs += passedMs;
    timer.callback();
  }
}

function remove<Item>(items: Item[], item: Item): void {
  const index = items.indexOf(item);
  if (index !== -1) items.splice(index, 1);
}
