import type { PoolView } from "../backend/backend-pool.js";
import type { LocalProxyOptions } from "../options/options.js";
import type { ArmedFaults } from "./armed-faults.js";
import {
  type ConnectFault,
  commitFaults,
  connectFaults,
  type FailoverManner,
  type Faults,
  failoverManners,
  type KillManner,
  killManners,
  statementFaults,
} from "./faults.js";

/** Implements {@link Faults} over the armed faults, the open sessions and the pool. */
export function createFaults(
  engine: LocalProxyOptions["engine"],
  armed: ArmedFaults,
  sessions: {
    kill(manner: KillManner): number;
    silence(): number;
    failOver(manner: FailoverManner): number;
  },
  pool: Pick<PoolView, "suspend" | "resume">,
): Faults {
  return {
    failConnects(fault, options) {
      armed.ofConnects.add(checkFault(fault), checkTimes(options?.times ?? 1));
    },
    failStatements(fault, options) {
      if (engine !== "mysql") throw new TypeError('failStatements: expected engine "mysql"; see setReadOnly');
      armed.ofStatements.add(
        checkOneOf("failStatements", statementFaults, fault),
        checkTimes(options?.times ?? 1),
      );
    },
    failCommits(fault, options) {
      armed.ofCommits.add(checkOneOf("failCommits", commitFaults, fault), checkTimes(options?.times ?? 1));
    },
    killConnections: (manner) => sessions.kill(checkOneOf("killConnections", killManners, manner)),
    silenceConnections: () => sessions.silence(),
    loseNextReply: () => armed.loseNextReply(),
    setReadOnly(isReadOnly) {
      armed.isReadOnly = isReadOnly;
    },
    beginFailover(manner = "fin") {
      checkOneOf("beginFailover", failoverManners, manner);
      pool.suspend();
      return sessions.failOver(manner);
    },
    endFailover: () => pool.resume(),
    clear() {
      armed.clear();
      pool.resume();
    },
  };
}

function checkFault(fault: ConnectFault): ConnectFault {
  return checkOneOf("failConnects", connectFaults, fault);
}

function checkOneOf<Choice extends string>(call: string, known: readonly Choice[], value: Choice): Choice {
  if (known.includes(value)) return value;
  throw new TypeError(`${call}: expected one of ${known.join(", ")}, got ${JSON.stringify(value)}`);
}

function checkTimes(times: number): number {
  if (times === Number.POSITIVE_INFINITY || (Number.isInteger(times) && times >= 1)) return times;
  throw new TypeError(`option times: expected a whole number from 1, or Infinity, got ${times}`);
}
