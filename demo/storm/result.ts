import type { Tally } from "@rds-proxy/lambda-kit/fleet";
import type { Contender } from "./contenders.js";
import type { StormRecord } from "./play-contender.js";

/** A contender, its observations and their summary. */
export interface StormResult extends Pick<StormRecord, "samples" | "frozenAtMs"> {
  readonly contender: Contender;
  readonly tally: Tally;
}

/** The conditions of all contenders. */
export interface StormConditions {
  /** Name and version of the server. */
  readonly server: string;
  readonly environments: number;
  readonly maxConnections: number;
  readonly loginsPerSecond: number;
}
