/** A login that was ended for what it took, of time or of words. What is told of it is loaded then. */
export class LoginOverrun extends Error {
  readonly reason: "no credentials" | "server is silent" | "server talks on";
  /** How long the credentials were waited for. */
  readonly waitedMs: number;

  constructor(reason: LoginOverrun["reason"], waitedMs: number = 0) {
    super(reason);
    this.reason = reason;
    this.waitedMs = waitedMs;
  }
}
