// Runs in a process of its own, bundled by bundle-explorer.ts: all timers of the process are the scheduler's.
import "./owned-globals.js";

import { argv, stdout } from "node:process";
import { SessionWatch } from "@rds-proxy/core/adapter";
import { createRandom } from "../support/random.js";
import { type Bounds, exploreAll, exploreRandomly, replayOne } from "./explore.js";
import type { FoundBug, Order, Report } from "./order.js";
import { PLANTED_BUGS } from "./planted-bugs.js";
import { PARTS, PROGRAMS, randomProgram } from "./programs.js";
import type { Run } from "./run-schedule.js";
import { parseProgram, parseSchedule } from "./schedule.js";
import { simulatedOptions } from "./simulated-options.js";
import { subjectOf } from "./subjects/index.js";
import { Tally } from "./tally.js";

/** Schedules for each random program. */
const PER_PROGRAM = 20;

/** Failures after which an exploration ends. */
const MOST_FAILURES = 5;

const order: Order = JSON.parse(argv[2] ?? "");
// The first session would load the code that reads statements; runs would differ.
await new SessionWatch(simulatedOptions(1)).untilRead();
stdout.write(`${JSON.stringify(await carryOut(order))}\n`);

async function carryOut(given: Order): Promise<Report> {
  if (given.task === "replay") return await replayAll(given.schedules);
  if (given.task === "planted bugs") return await findPlantedBugs(given, given.seconds);
  const tally = new Tally();
  if (given.task === "all") {
    const programs = given.programs?.map(parseProgram) ?? PROGRAMS;
    const endAt = performance.now() + given.seconds * 1000;
    const isOver = (): boolean => performance.now() > endAt;
    for (const program of programs) {
      if (isOver() || tally.failures.length >= MOST_FAILURES) break;
      await tally.add(program, (create) => exploreAll(create, program, given, isOver));
    }
    return tally.report(isOver());
  }
  const subjects = given.subject === undefined ? Object.keys(PARTS) : [given.subject];
  const endAt = "seconds" in given ? performance.now() + given.seconds * 1000 : Number.POSITIVE_INFINITY;
  const count = "count" in given ? given.count : Number.POSITIVE_INFINITY;
  for (let index = 0; index < count && performance.now() < endAt; index++) {
    for (const subject of subjects) {
      const program = randomProgram(subject, given.seed, index);
      const random = createRandom(given.seed, `schedules ${index}`);
      await tally.add(program, (create) => exploreRandomly(create, program, random.next, PER_PROGRAM));
    }
    if (tally.failures.length >= MOST_FAILURES) break;
  }
  return tally.report(false);
}

async function replayAll(lines: readonly string[]): Promise<Report> {
  const runs = [];
  for (const line of lines) runs.push({ line, run: await replayLine(line) });
  const failures = runs.flatMap(({ line, run: { violation, trace } }) =>
    violation ? [{ schedule: line, promise: violation.promise, message: violation.message, trace }] : [],
  );
  return { explored: [], failures, isCut: false, trace: runs[0]?.run.trace ?? [] };
}

async function replayLine(line: string): Promise<Run> {
  const schedule = parseSchedule(line);
  return await replayOne(subjectOf(schedule.program.subject), schedule);
}

async function findPlantedBugs(bounds: Bounds, seconds: number): Promise<Report> {
  const planted: FoundBug[] = [];
  for (const { name, program: line } of PLANTED_BUGS) {
    const program = parseProgram(line);
    const endAt = performance.now() + seconds * 1000;
    plant(name);
    const { schedules, failure } = await exploreAll(
      subjectOf(program.subject),
      program,
      bounds,
      () => performance.now() > endAt,
    );
    const again = failure && (await replayLine(failure.schedule)).violation?.promise;
    plant(undefined);
    const without = failure && (await replayLine(failure.schedule)).violation?.promise;
    planted.push({ name, schedules, failure, again, without });
  }
  return { explored: [], failures: [], isCut: false, planted };
}

/** The bundled sources look here. */
function plant(name: string | undefined): void {
  Object.assign(globalThis, { plantedBug: name });
}
