import type { ArmedFaults } from "./armed-faults.js";

const loginStages = [
  "on-accept",
  "before-tls-reply",
  "after-tls",
  "after-startup",
  "after-password",
] as const;
const dropManners = ["reset", "close", "silence"] as const;
const killManners = ["fin", "rst", "admin-shutdown"] as const;
const loginRefusals = [
  "exhausted",
  "throttled",
  "rate-limited",
  "too-many-clients",
  "borrow-timeout",
  "refused",
  "no-credentials",
  "starting",
  "unknown",
] as const;

/**
 * How far a login has come, in the order in which a client sees it: `on-accept`, `before-tls-reply` (SSLRequest was
 * read, not answered), `after-tls`, `after-startup` (the password was not asked for yet), `after-password`.
 */
export type LoginStage = (typeof loginStages)[number];

/**
 * A login that ends without an answer: `reset` sends a TCP RST, `close` a FIN, and `silence` keeps the connection open
 * and never answers, until the client leaves.
 */
export type DroppedLogin = `${(typeof dropManners)[number]}-${LoginStage}`;

/**
 * A login that is refused with an error, after a token that was itself good:
 *
 * | fault | SQLSTATE | text begins |
 * | --- | --- | --- |
 * | `exhausted` | 53300 | remaining connection slots are reserved (the database's own) |
 * | `throttled` | 53300 | The IAM authentication failed because of too many competing requests |
 * | `rate-limited` | 53300 | Rate of connection to proxy exceeded |
 * | `too-many-clients` | 53300 | The maximum number of client connections to the proxy exceeded |
 * | `borrow-timeout` | 08000 | Timed-out waiting to acquire database connection (at once) |
 * | `refused` | 28P01 | The IAM authentication failed for the role |
 * | `no-credentials` | 28000 | This RDS proxy has no credentials for the role |
 * | `starting` | 57P03 | the database system is starting up (the database's own) |
 * | `unknown` | XX000 | Unknown error |
 */
export type RefusedLogin = (typeof loginRefusals)[number];

/** Everything that can be made to go wrong while a client connects. */
export type ConnectFault = RefusedLogin | DroppedLogin;

/** How an established session is ended: a FIN, a RST, or the error that an administrator's shutdown sends, then a FIN. */
export type KillManner = (typeof killManners)[number];

/** Faults that a test switches on while the proxy runs. */
export interface Faults {
  /**
   * Lets the next `times` connections (default 1; `Infinity` until `clear`) fail. Each connection takes one fault when
   * it is accepted; faults queue up in the order of the calls, so several calls script a sequence.
   */
  failConnects(fault: ConnectFault, options?: { readonly times?: number | undefined }): void;
  /** Ends every logged-in session now, and says how many. A statement that was running may or may not have run. */
  killConnections(manner: KillManner): number;
  /** Goes silent on every logged-in session, and says how many: nothing is read on, nothing answered, nothing closed. */
  silenceConnections(): number;
  /**
   * The next statement of any session reaches the database and runs to its end; then, in place of the reply, the client
   * gets a TCP reset. That is the loss which leaves open whether a COMMIT happened.
   */
  loseNextReply(): void;
  /**
   * While `true`, sessions are read only, as on a writer that became a reader: the database itself answers writes with
   * 25006. A session follows before its next request outside a transaction.
   */
  setReadOnly(isReadOnly: boolean): void;
  /** Forgets every fault that has not struck yet, and `setReadOnly(true)`. Silent sessions stay silent. */
  clear(): void;
}

/** Whether a fault is one of those that answer with an error. */
export function isRefusedLogin(fault: ConnectFault): fault is RefusedLogin {
  return loginRefusals.some((refusal) => refusal === fault);
}

/** The switches over `armed`, and over the sessions that are open. */
export function createFaults(
  armed: ArmedFaults,
  sessions: { kill(manner: KillManner): number; silence(): number },
): Faults {
  return {
    failConnects(fault, options) {
      armed.failConnects(checkFault(fault), checkTimes(options?.times ?? 1));
    },
    killConnections: (manner) => sessions.kill(checkManner(manner)),
    silenceConnections: () => sessions.silence(),
    loseNextReply: () => armed.loseNextReply(),
    setReadOnly(isReadOnly) {
      armed.isReadOnly = isReadOnly;
    },
    clear: () => armed.clear(),
  };
}

function checkFault(fault: ConnectFault): ConnectFault {
  const drops = dropManners.flatMap((manner) => loginStages.map((stage) => `${manner}-${stage}` as const));
  const known: readonly string[] = [...loginRefusals, ...drops];
  if (known.includes(fault)) return fault;
  throw new TypeError(`failConnects: expected one of ${known.join(", ")}, got ${JSON.stringify(fault)}`);
}

function checkManner(manner: KillManner): KillManner {
  if (killManners.includes(manner)) return manner;
  throw new TypeError(
    `killConnections: expected one of ${killManners.join(", ")}, got ${JSON.stringify(manner)}`,
  );
}

function checkTimes(times: number): number {
  if (times === Number.POSITIVE_INFINITY || (Number.isInteger(times) && times >= 1)) return times;
  throw new TypeError(`option times: expected a whole number from 1, or Infinity, got ${times}`);
}
