import type { Tally } from "@rds-proxy/lambda-kit/fleet";
import type { Contender } from "./contenders.js";
import type { StormRecord } from "./play-contender.js";

/** A contender, what was seen of it, and what that comes to. */
export interface StormResult extends Pick<StormRecord, "samples" | "frozenAtMs"> {
  readonly contender: Contender;
  readonly tally: Tally;
}

/** What was the same for all of them. */
export interface StormConditions {
  /** Name and version of the server. */
  readonly server: string;
  readonly environments: number;
  readonly maxConnections: number;
  readonly loginsPerSecond: number;
}
