import type { LimitOptions } from "../options/options.js";
import { RateLimit } from "./rate-limit.js";

/** The limits on clients, and on their logins per second. */
export class LoginLimits {
  readonly clientConnections: number;
  readonly connections: RateLimit;
  readonly iamRequests: RateLimit;

  constructor(limits: LimitOptions, now: () => number) {
    this.clientConnections = limits.clientConnections ?? Number.POSITIVE_INFINITY;
    this.connections = new RateLimit(limits.connectionsPerSecond, now);
    this.iamRequests = new RateLimit(limits.iamRequestsPerSecond, now);
  }
}
