import { FaultQueue } from "./fault-queue.js";
import type { ConnectFault, StatementFault } from "./faults.js";

/** What is switched on, as the sessions see it. */
export class ArmedFaults {
  isReadOnly = false;
  /** For the connections that are accepted next. */
  readonly ofConnects: FaultQueue<ConnectFault> = new FaultQueue();
  /** For the statements that come next. */
  readonly ofStatements: FaultQueue<StatementFault> = new FaultQueue();
  #isNextReplyLost = false;

  loseNextReply(): void {
    this.#isNextReplyLost = true;
  }

  /** Whether the request that starts now is the one whose reply gets lost; using the fault up. */
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
  }
}
