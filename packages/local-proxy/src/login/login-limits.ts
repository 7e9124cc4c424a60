import type { LimitOptions } from "../options/options.js";
import { RateLimit } from "./rate-limit.js";

/** The limits on clients, and on their logins per second. */
export class LoginLimits {
  readonly clientConnections: number;
  readonly connections: RateLimit;
  readonly #iamRequests: RateLimit;
  /** Tokens that were accepted; undefined if repeated ones count like others. */
  readonly #accepted: Set<string> | undefined;

  constructor(limits: LimitOptions, now: () => number) {
    this.clientConnections = limits.clientConnections ?? Number.POSITIVE_INFINITY;
    this.connections = new RateLimit(limits.connectionsPerSecond, now);
    this.#iamRequests = new RateLimit(limits.iamRequestsPerSecond, now);
    this.#accepted = limits.countsRepeatedTokens === false ? new Set() : undefined;
  }

  /** Whether a login with this token is within the limit of logins by IAM. */
  passIam(token: string): boolean {
    return this.#accepted?.has(token) || this.#iamRequests.pass();
  }

  noteAccepted(token: string): void {
    this.#accepted?.add(token);
  }
}
