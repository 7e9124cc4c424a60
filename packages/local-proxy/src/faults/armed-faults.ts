import { FaultQueue } from "./fault-queue.js";
import type { CommitFault, ConnectFault, StatementFault } from "./faults.js";

/** The faults that are switched on or queued. */
export class ArmedFaults {
  isReadOnly = false;
  /** Faults for the next accepted connections. */
  readonly ofConnects: FaultQueue<ConnectFault> = new FaultQueue();
  /** Faults for the next statements. */
  readonly ofStatements: FaultQueue<StatementFault> = new FaultQueue();
  /** Faults for the next COMMITs. */
  readonly ofCommits: FaultQueue<CommitFault> = new FaultQueue();
  #isNextReplyLost = false;

  loseNextReply(): void {
    this.#isNextReplyLost = true;
  }

  /** Whether the reply to the request that starts now gets lost. Uses up the fault. */
  takeLostReply(): boolean {
    const isLost = this.#isNextReplyLost;
    this.#isNextReplyLost = false;
    return isLost;
  }

  clear(): void {
    this.isReadOnly = false;
    this.#isNextReplyLost = false;
    this.ofConnects.clear();
    this.ofStatements.clear();
    this.ofCommits.clear();
  }
}
