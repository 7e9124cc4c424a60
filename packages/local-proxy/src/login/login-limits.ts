import type { LimitOptions } from "../options/options.js";
import { RateLimit } from "./rate-limit.js";

/** How many clients may be there, and come. */
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
