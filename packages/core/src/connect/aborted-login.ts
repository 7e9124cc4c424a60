/** Why we aborted a login. `on-demand.ts` has the error message, which most processes never need. */
export class AbortedLogin extends Error {
  readonly reason: "no credentials" | "no answer" | "too many bytes";
  /** How long the login waited for credentials. */
  readonly waitedMs: number;

  constructor(reason: AbortedLogin["reason"], waitedMs: number = 0) {
    super(reason);
    this.reason = reason;
    this.waitedMs = waitedMs;
  }
}
