import type { Places } from "../model/follow-events.js";
import type { HandOuts } from "./hand-outs.js";
import { promised } from "./promised.js";
import { isBegin } from "./schedule.js";
import type { Scheduler } from "./scheduler.js";
import type { LoginFault, SimulatedServer } from "./simulated-server.js";
import { Violation } from "./violation.js";

/** An invocation, or what happens around it. */
export interface Actor {
  /** A letter. */
  readonly name: string;
  readonly index: number;
  readonly steps: readonly string[];
  /** Whether it is an invocation, and not something around them. */
  readonly isInvocation: boolean;
  /** The number of steps that have begun. */
  begun: number;
  /** Whether a step has occurred. */
  hasStarted: boolean;
  /** Whether no further step follows. */
  isDone: boolean;
  /** Set by a subject: the remaining steps are left out. */
  gaveUp: boolean;
}

/** A part of the library that runs under the scheduler. */
export interface Subject {
  /** The machines whose transitions the library's events are. */
  readonly machines?: readonly Places[];
  /** What a step of an actor does. The next one follows when its promise resolves. */
  step(actor: Actor, name: string): Promise<void> | void;
  /** Whether an actor may begin. Default: always. */
  mayBegin?(actor: Actor, actors: readonly Actor[]): boolean;
  /** Takes as many connections as there are, and one more in vain. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

export interface Around {
  readonly scheduler: Scheduler;
  readonly server: SimulatedServer;
  readonly handOuts: HandOuts;
}

const HOUR_MS = 60 * 60_000;

/** Steps of the world around the library, which are the same for all subjects. */
const FAULTS: Readonly<Record<string, LoginFault>> = {
  refuse: "refused",
  exhaust: "exhausted",
  drop: "dropped",
  mute: "silent",
};

/** Runs the actors of a program: each step is an event of the scheduler's. */
export class Actors {
  readonly #actors: Actor[];
  readonly #subject: Subject;
  readonly #around: Around;

  constructor(scripts: readonly (readonly string[])[], subject: Subject, around: Around) {
    this.#subject = subject;
    this.#around = around;
    this.#actors = scripts.map((steps, index) => ({
      name: String.fromCharCode("A".charCodeAt(0) + index),
      index,
      steps,
      isInvocation: steps.some(isBegin),
      begun: 0,
      hasStarted: false,
      isDone: false,
      gaveUp: false,
    }));
    this.#beginAll();
  }

  get areDone(): boolean {
    return this.#actors.every(({ isDone }) => isDone);
  }

  /** @throws Violation if an actor still waits */
  checkDone(): void {
    for (const { name, isDone, begun, steps } of this.#actors) {
      if (!isDone)
        throw new Violation("waiting", `${name} waits for ever in "${steps[Math.max(0, begun - 1)]}"`);
    }
  }

  #beginAll(): void {
    for (const actor of this.#actors) {
      if (actor.begun > 0 || actor.isDone) continue;
      if (this.#subject.mayBegin?.(actor, this.#actors) === false) continue;
      this.#offerNext(actor);
    }
  }

  #offerNext(actor: Actor): void {
    const step = actor.steps[actor.begun];
    if (step === undefined || actor.gaveUp) {
      actor.isDone = true;
      this.#beginAll();
      return;
    }
    const { scheduler } = this.#around;
    const index = actor.begun++;
    const occur = (): void => {
      actor.hasStarted = true;
      promised(() => this.#perform(actor, step)).then(
        () => this.#offerNext(actor),
        (error: unknown) => scheduler.fail(error),
      );
    };
    // What happens around invocations comes late, so that one choice places it anywhere.
    scheduler.offer(`${actor.name}: ${actor.steps[index]}`, occur, !actor.isInvocation);
  }

  #perform(actor: Actor, step: string): Promise<void> | void {
    const { scheduler, server } = this.#around;
    const fault = FAULTS[step];
    if (fault) return void server.faults.push(fault);
    switch (step) {
      case "kill":
        return server.open.find(({ killed }) => !killed)?.kill(1);
      case "silence":
        return server.open.find(({ isSilent, killed }) => !isSilent && !killed)?.silence();
      case "freeze":
        return scheduler.freeze(HOUR_MS);
      case "nap":
        return scheduler.freeze(6000);
      case "freeze-fin":
        // Between two invocations Node waits for its sockets, and finds the end of the connections before any turn ends.
        scheduler.freeze(HOUR_MS);
        return server.killAll(this.#isIdle ? 0 : 1);
      default:
        return this.#subject.step(actor, step);
    }
  }

  /** Whether no invocation runs. */
  get #isIdle(): boolean {
    const { server, handOuts } = this.#around;
    const isUnderWay = ({ hasStarted, isDone, isInvocation }: Actor): boolean =>
      isInvocation && hasStarted && !isDone;
    return !server.isBusy && handOuts.isEmpty && !this.#actors.some(isUnderWay);
  }
}
