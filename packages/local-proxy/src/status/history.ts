import type { Metrics } from "../metrics.js";
import { RecentEntries } from "../recent-entries.js";

/** The state of a proxy at one time. Counts are those since the sample before. */
export interface Sample {
  /** In ms since the epoch. */
  readonly atMs: number;
  readonly clients: number;
  readonly borrowed: number;
  readonly pinned: number;
  readonly waiting: number;
  readonly statements: number;
  readonly refused: number;
}

/** How often a proxy is sampled, in ms, and how many samples are kept: those of five minutes. */
export const sampleIntervalMs: number = 2000;
const keptSamples = 150;

/** What a proxy's metrics were in the last minutes. */
export class History {
  readonly #samples = new RecentEntries<Sample>(keptSamples);
  #statements: number;
  #refused: number;

  constructor({ QueryRequests }: Pick<Metrics, "QueryRequests">, refused: number) {
    this.#statements = QueryRequests;
    this.#refused = refused;
  }

  /** @param refused how many clients have been refused so far */
  add(metrics: Metrics, refused: number, atMs: number): void {
    this.#samples.add({
      atMs,
      clients: metrics.ClientConnections,
      borrowed: metrics.DatabaseConnectionsCurrentlyBorrowed,
      pinned: metrics.DatabaseConnectionsCurrentlySessionPinned,
      waiting: metrics.DatabaseConnectionRequestsWaiting,
      statements: metrics.QueryRequests - this.#statements,
      refused: refused - this.#refused,
    });
    this.#statements = metrics.QueryRequests;
    this.#refused = refused;
  }

  samples(): readonly Sample[] {
    return this.#samples.latest();
  }
}
