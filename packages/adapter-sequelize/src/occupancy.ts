import { type Deadline, leaseEnded } from "@rds-proxy/core/adapter";

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
    this.#present = new Set(this.#present).add(occupant);
  }

  leave(occupant: Occupant): void {
    const others = new Set(this.#present);
    others.delete(occupant);
    this.#present = others;
  }

  get present(): Occupants {
    return this.#present;
  }

  get isEmpty(): boolean {
    return this.#present.size === 0;
  }

  /** Whether one invocation runs, and no other beside it. */
  get isSingle(): boolean {
    return this.#present.size === 1;
  }

  /** Whether what was begun while these ran belongs to nobody any more. */
  areGone(occupants: Occupants): boolean {
    for (const occupant of occupants) if (this.#present.has(occupant)) return false;
    return occupants.size > 0;
  }

  /** The number of the present period: somebody has been here all through it, so the process was not frozen in it. */
  get period(): number {
    return this.#period;
  }

  /** The longest patience of those that run. */
  get patience(): Deadline | undefined {
    let longest: Deadline | undefined;
    for (const { patience } of this.#present) {
      if (!longest || patience.at > longest.at) longest = patience;
    }
    return longest;
  }

  /** Whoever comes between two invocations was left over by the last. Before the first, it is the initialisation. */
  refuseLeftovers(): void {
    if (this.#period > 0 && this.isEmpty) throw leaseEnded();
  }
}
