import {
  atMost,
  type Deadline,
  deadlineIn,
  leaseEnded,
  type ResolvedRdsProxyOptions,
} from "@rds-proxy/core/adapter";

/** One invocation, while it runs. */
export interface Invocation {
  /** Until when its statements may wait for a connection. */
  readonly deadline: Deadline;
}

/** The invocations that ran at one moment. */
export type Invocations = ReadonlySet<Invocation>;

/** Whether one invocation ran alone at both moments. */
export function isSameSingle(one: Invocations, other: Invocations): boolean {
  const [invocation] = one;
  return invocation !== undefined && one.size === 1 && other.size === 1 && other.has(invocation);
}

/**
 * What is known of the invocations that use a pool. Models do not go through the context, so the sender of a statement is
 * unknown while several invocations run. But what began while certain invocations ran is over when all of them have ended.
 */
export interface RunningInvocations {
  /** Whether invocations are reported at all. */
  readonly areKnown: boolean;
  /** Is replaced with each change, so it can be kept. */
  readonly current: Invocations;
  /** Whether exactly one runs. */
  readonly isSingle: boolean;
  /** Numbers the periods in which an invocation runs all the time, so that Lambda does not freeze the process. */
  readonly period: number;
  /** Whether all of them have ended. */
  haveEnded(invocations: Invocations): boolean;
  /** `acquireTimeoutMs` from now, or the longest deadline of those that run if that is sooner. */
  deadlineFor(options: ResolvedRdsProxyOptions): Deadline;
  /**
   * Refuses a statement between two invocations: its own has ended. Before the first invocation it belongs to the
   * initialization.
   *
   * @throws RdsProxyError `RDS_PROXY_LEASE_ENDED`
   */
  refuseOutlivedWork(): void;
}

/** The invocations of the middleware. */
export class InvocationTracker implements RunningInvocations {
  readonly areKnown = true;
  #current: Invocations = new Set();
  #period = 0;

  start(invocation: Invocation): void {
    if (this.#current.size === 0) this.#period++;
    this.#current = new Set(this.#current).add(invocation);
  }

  end(invocation: Invocation): void {
    const others = new Set(this.#current);
    others.delete(invocation);
    this.#current = others;
  }

  get current(): Invocations {
    return this.#current;
  }

  get isEmpty(): boolean {
    return this.#current.size === 0;
  }

  get isSingle(): boolean {
    return this.#current.size === 1;
  }

  get period(): number {
    return this.#period;
  }

  haveEnded(invocations: Invocations): boolean {
    for (const invocation of invocations) if (this.#current.has(invocation)) return false;
    return invocations.size > 0;
  }

  deadlineFor({ acquireTimeoutMs, runtime: { clock } }: ResolvedRdsProxyOptions): Deadline {
    let longest: Deadline | undefined;
    for (const { deadline } of this.#current) {
      if (!longest || deadline.at > longest.at) longest = deadline;
    }
    return longest ? atMost(acquireTimeoutMs, longest, clock) : deadlineIn(acquireTimeoutMs, clock);
  }

  refuseOutlivedWork(): void {
    if (this.#period > 0 && this.isEmpty) throw leaseEnded();
  }
}

/** For an instance outside of the middleware. */
export const NO_INVOCATIONS_KNOWN: RunningInvocations = {
  areKnown: false,
  current: new Set(),
  isSingle: false,
  // Differs from itself: no two moments are known to be in one period.
  period: Number.NaN,
  haveEnded: () => false,
  deadlineFor: ({ acquireTimeoutMs, runtime }) => deadlineIn(acquireTimeoutMs, runtime.clock),
  refuseOutlivedWork: () => undefined,
};
