import type { CreateSubject, Run } from "./run-schedule.js";
import { runSchedule } from "./run-schedule.js";
import { type Program, printSchedule, type Schedule } from "./schedule.js";
import type { Choose } from "./scheduler.js";
import { shrink } from "./shrink.js";

/** How much of the interleavings of a program is explored. */
export interface Bounds {
  /** Choices other than the first are made among the first so many. */
  readonly depth: number;
  /** How many choices may be other than the first, in one schedule. */
  readonly deviations: number;
}

/** A schedule that breaks a promise, shrunk. */
export interface Failure {
  /** For `--replay`. */
  readonly schedule: string;
  readonly promise: string;
  readonly message: string;
  readonly trace: readonly string[];
}

/** Follows a list of choices, then takes the first. */
function replay(choices: readonly number[]): Choose {
  let next = 0;
  return () => choices[next++] ?? 0;
}

/** Which programs and schedules run, and what is reported. */
export interface Exploration {
  readonly schedules: number;
  /** Events that occurred in all of them. */
  readonly events: number;
  readonly failure: Failure | undefined;
}

/** Runs every schedule of a program within the bounds, depth first, until one fails or time is up. */
export async function exploreAll(
  createSubject: CreateSubject,
  program: Program,
  bounds: Bounds,
  isOver: () => boolean = () => false,
): Promise<Exploration> {
  let schedules = 0;
  let events = 0;
  let prefix: number[] | undefined = [];
  while (prefix && !isOver()) {
    const run: Run = await runSchedule(createSubject, program, replay(prefix));
    schedules++;
    events += run.trace.length;
    const failure = await failureOf(run, createSubject, program);
    if (failure) return { schedules, events, failure };
    prefix = following(run, bounds);
  }
  return { schedules, events, failure: undefined };
}

/** Runs random schedules of a program. */
export async function exploreRandomly(
  createSubject: CreateSubject,
  program: Program,
  random: () => number,
  count: number,
): Promise<Exploration> {
  let events = 0;
  for (let schedules = 1; schedules <= count; schedules++) {
    const run = await runSchedule(createSubject, program, (choices) => Math.floor(random() * choices));
    events += run.trace.length;
    const failure = await failureOf(run, createSubject, program);
    if (failure) return { schedules, events, failure };
  }
  return { schedules: count, events, failure: undefined };
}

/** Runs one schedule, and returns its failure without shrinking it. */
export async function replayOne(createSubject: CreateSubject, schedule: Schedule): Promise<Run> {
  return await runSchedule(createSubject, schedule.program, replay(schedule.choices));
}

/** The next choices in the order of a depth-first search; undefined after the last. */
function following({ degrees, choices }: Run, { depth, deviations }: Bounds): number[] | undefined {
  let made = choices.filter((choice) => choice > 0).length;
  for (let index = choices.length - 1; index >= 0; index--) {
    const choice = choices[index] ?? 0;
    if (choice > 0) made--;
    if (index >= depth || made >= deviations) continue;
    if (choice + 1 < (degrees[index] ?? 0)) return [...choices.slice(0, index), choice + 1];
  }
  return undefined;
}

async function failureOf(
  run: Run,
  createSubject: CreateSubject,
  program: Program,
): Promise<Failure | undefined> {
  if (!run.violation) return undefined;
  const schedule = await shrink({ program, choices: run.choices }, async (candidate) => {
    const { violation } = await replayOne(createSubject, candidate);
    // Errors of all kinds have the same promise.
    return violation?.promise === "error" ? violation.message.split("\n")[0] : violation?.promise;
  });
  const { violation, trace } = await replayOne(createSubject, schedule);
  return {
    schedule: printSchedule(schedule),
    promise: violation?.promise ?? "none",
    message: violation?.message ?? "the schedule does not fail again",
    trace,
  };
}
