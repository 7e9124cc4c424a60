import type { RdsProxyEventName } from "@rds-proxy/core";

/** One change of state. */
export interface Transition<State extends string = string> {
  readonly from: State;
  readonly to: State;
  /** What causes it, in words. */
  readonly on: string;
  /** When it is possible, in words. Default: always. */
  readonly if?: string;
  /** Needs that the whole is open or closed with `close()`. Default: either. */
  readonly whole?: "open" | "closed";
  /** The library's event that reports it. */
  readonly emits?: RdsProxyEventName;
  /** The beginning of the `reason` of a `discard`. Default: any. */
  readonly reason?: string;
  /** Takes an invocation that comes or waits. */
  readonly takes?: true;
  /** Offers the slot to the invocation that has waited longest. */
  readonly passes?: true;
  /** Leaves something behind that goes on by itself, in this state. */
  readonly leaves?: State;
}

/** A state machine as data. */
export interface Machine<State extends string = string> {
  readonly initial: State;
  /** States in which nothing is under way. */
  readonly resting: readonly State[];
  /** What was left behind ends in this state. */
  readonly gone: State;
  readonly transitions: readonly Transition<State>[];
}

export function statesOf<State extends string>({ transitions }: Machine<State>): State[] {
  return [
    ...new Set(transitions.flatMap(({ from, to, leaves }) => (leaves ? [from, to, leaves] : [from, to]))),
  ];
}
