import type { ConnectFault } from "./faults.js";

/** What is switched on, as the sessions see it. */
export class ArmedFaults {
  isReadOnly = false;
  #isNextReplyLost = false;
  #connectFaults: { readonly fault: ConnectFault; timesLeft: number }[] = [];

  failConnects(fault: ConnectFault, times: number): void {
    this.#connectFaults.push({ fault, timesLeft: times });
  }

  loseNextReply(): void {
    this.#isNextReplyLost = true;
  }

  /** The fault for the connection that was just accepted, if any; using it up. */
  takeConnectFault(): ConnectFault | undefined {
    const [first] = this.#connectFaults;
    if (first === undefined) return undefined;
    first.timesLeft -= 1;
    if (first.timesLeft <= 0) this.#connectFaults.shift();
    return first.fault;
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
    this.#connectFaults = [];
  }
}
