import type { ConnectionState } from "@rds-proxy/core/adapter";
import type { PooledConnection } from "../pooled-connection.js";

/** A connection whose answers the test sets. */
export class ScriptedConnection implements PooledConnection {
  state: ConnectionState = "idle";
  sessionState: readonly string[] = [];
  log: string[] = [];
  answersPing = true;
  answersRollback = true;

  async isFit(): Promise<boolean> {
    this.log.push("isFit");
    return this.answersPing;
  }
  async untilSessionIsRead(): Promise<void> {}
  adoptSessionState(): void {
    this.sessionState = [];
  }
  reportKeptState(): void {
    this.log.push("reportKeptState");
  }
  async untilSettled(): Promise<void> {
    this.log.push("untilSettled");
    this.state = "idle";
  }
  async rollback(): Promise<void> {
    this.log.push("rollback");
    if (!this.answersRollback) throw new Error("no answer");
    this.state = "idle";
  }
  async end(): Promise<void> {
    this.log.push("end");
    this.state = "unusable";
  }
  ref(): void {
    this.log.push("ref");
  }
  unref(): void {
    this.log.push("unref");
  }
  destroy(): void {
    this.log.push("destroy");
    this.state = "unusable";
  }
  revoke(): void {
    this.log.push("revoke");
  }
}
