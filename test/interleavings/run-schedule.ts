import { watchEvents } from "../model/watch-events.js";
import { Actors, type Around, type Subject } from "./actors.js";
import { HandOuts } from "./hand-outs.js";
import { setTimerOwner } from "./owned-globals.js";
import type { Program } from "./schedule.js";
import { type Choose, Scheduler } from "./scheduler.js";
import { SimulatedServer } from "./simulated-server.js";
import { Violation } from "./violation.js";

/** What one run of the code under test needs. */
export interface Stage {
  readonly scheduler: Scheduler;
  readonly server: SimulatedServer;
  readonly handOuts: HandOuts;
  readonly maxConnections: number;
  /** Faults that the program causes, by which an acquire may fail. */
  readonly faults: ReadonlySet<string>;
}

export type CreateSubject = (stage: Stage) => Subject;

/** How a run ended. */
export interface Run {
  readonly violation: Violation | undefined;
  /** What occurred. */
  readonly trace: readonly string[];
  readonly degrees: readonly number[];
  readonly choices: readonly number[];
}

/** Runs a program with the choices that `choose` makes, and checks every promise. */
export async function runSchedule(
  createSubject: CreateSubject,
  program: Program,
  choose: Choose,
): Promise<Run> {
  const { maxConnections, actors: scripts } = program;
  const scheduler = new Scheduler();
  const server = new SimulatedServer(scheduler);
  const handOuts = new HandOuts(server, maxConnections);
  const around = { scheduler, server, handOuts };
  const faults = new Set(scripts.flat());
  const onRejection = (error: unknown): void => scheduler.fail(error);
  process.on("unhandledRejection", onRejection);
  setTimerOwner(scheduler);
  let violation: Violation | undefined;
  let stop = (): void => undefined;
  try {
    const subject = createSubject({ scheduler, server, handOuts, maxConnections, faults });
    stop = watchEvents(subject.machines ?? [], (message) => scheduler.fail(new Violation("event", message)));
    const actors = new Actors(scripts, subject, around);
    const isQuiet = (): boolean => actors.areDone && !server.isBusy && !handOuts.isReturning;
    await scheduler.run(choose, () => handOuts.checkCount(), isQuiet);
    actors.checkDone();
    handOuts.checkEnd();
    await inOrder(around, "the probe", () => subject.probe());
    handOuts.checkEnd();
    await inOrder(around, "close()", () => subject.close());
    if (server.open.some(({ isLeaving, isSilent }) => !isLeaving && !isSilent))
      throw new Violation("leak", "a connection is open after close()");
  } catch (error) {
    violation = error instanceof Violation ? error : new Violation("error", describe(error));
  } finally {
    stop();
    setTimerOwner(undefined);
    process.off("unhandledRejection", onRejection);
  }
  return { violation, trace: scheduler.trace, degrees: scheduler.degrees, choices: scheduler.choices };
}

/** Runs work with the first event at each choice. */
async function inOrder(
  { scheduler, server }: Around,
  what: string,
  begin: () => Promise<void>,
): Promise<void> {
  let isDone = false;
  scheduler.offer(what, () => {
    begin().then(
      () => {
        isDone = true;
      },
      (error: unknown) => scheduler.fail(error),
    );
  });
  const degrees = scheduler.degrees.length;
  await scheduler.run(
    () => 0,
    () => undefined,
    () => isDone && !server.isBusy,
  );
  scheduler.degrees.length = degrees;
  scheduler.choices.length = degrees;
  if (!isDone) throw new Violation("waiting", `${what} does not end`);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
