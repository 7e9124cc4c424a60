import { type Deadline, leaseEnded } from "@rds-proxy/core";

/** One invocation, for as long as it runs. */
export interface Occupant {
  /** Until when it may be made to wait. */
  readonly patience: Deadline;
}

/** The invocations that ran at one moment. */
export type Occupants = ReadonlySet<Occupant>;

/**
 * Which invocations run now. Models reach Sequelize past the context, so it cannot be told which of several invocations
 * sends a statement; but what was begun while certain ones ran is nobody's any more when all of those have ended.
 */
export class Occupancy {
  /** Replaced with each change, so that it can be kept. */
  #present: Occupants = new Set();
  #period = 0;

  enter(occupant: Occupant): void {
    if (this.#present.size === 0) this.#period++;
    this.#present = new Set([...this.#present, occupant]);
  }

  leave(occupant: Occupant): void {
    this.#present = new Set([...this.#present].filter((other) => other !== occupant));
  }

  get present(): Occupants {
    return this.#present;
  }

  get isEmpty(): boolean {
    return this.#present.size === 0;
  }

  /** Whether what was begun while these ran belongs to nobody any more. */
  areGone(occupants: Occupants): boolean {
    return occupants.size > 0 && ![...occupants].some((occupant) => this.#present.has(occupant));
  }

  /** The number of the present period: somebody has been here all through it, so the process was not frozen in it. */
  get period(): number {
    return this.#period;
  }

  /** The longest patience of those that run. */
  get patience(): Deadline | undefined {
    return [...this.#present]
      .map(({ patience }) => patience)
      .toSorted((one, other) => one.at - other.at)
      .at(-1);
  }

  /** Whoever comes between two invocations was left over by the last. Before the first, it is the initialisation. */
  refuseLeftovers(): void {
    if (this.#period > 0 && this.isEmpty) throw leaseEnded();
  }
}
