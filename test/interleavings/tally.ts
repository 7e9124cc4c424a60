import type { Exploration, Failure } from "./explore.js";
import type { Explored, Report } from "./order.js";
import type { CreateSubject } from "./run-schedule.js";
import type { Program } from "./schedule.js";
import { subjectOf } from "./subjects/index.js";

/** Counts by subject. */
export class Tally {
  readonly failures: Failure[] = [];
  readonly #explored = new Map<string, Explored>();

  async add({ subject }: Program, explore: (subject: CreateSubject) => Promise<Exploration>): Promise<void> {
    const startedAt = performance.now();
    const { schedules, events, failure } = await explore(subjectOf(subject));
    const seconds = (performance.now() - startedAt) / 1000;
    const so = this.#explored.get(subject) ?? { subject, programs: 0, schedules: 0, events: 0, seconds: 0 };
    this.#explored.set(subject, {
      subject,
      programs: so.programs + 1,
      schedules: so.schedules + schedules,
      events: so.events + events,
      seconds: so.seconds + seconds,
    });
    if (failure && !this.failures.some(({ schedule }) => schedule === failure.schedule)) {
      this.failures.push(failure);
    }
  }

  report(isCut: boolean): Report {
    return { explored: [...this.#explored.values()], failures: this.failures, isCut };
  }
}
