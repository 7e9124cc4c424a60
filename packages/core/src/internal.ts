/**
 * What only the packages of this repository share. It changes in any release, without notice.
 *
 * @internal
 * @module
 */
export { connectWithRetry } from "./connect/connect.js";
export type { AwsCredentials, FoundCredentials } from "./credentials/aws-credentials.js";
export type { Secret } from "./credentials/secret.js";
export type { DialingSocket } from "./endpoint/dialing-socket.js";
export { connectionsClosed, noFreeConnection, poolEnded } from "./errors.js";
export { emitEvent } from "./events.js";
export { reportAcquire } from "./lease/acquire-event.js";
export { createPoolTaker, isFitForPool, type PooledDriver, reportLate } from "./lease/acquire-from-pool.js";
export { ConnectionTurns } from "./lease/connection-turns.js";
export { endGracefully } from "./lease/end-gracefully.js";
export { firstEvent } from "./lease/first-event.js";
export { isFitForUse } from "./lease/fitness.js";
export { Prefetch } from "./lease/prefetch.js";
export { handledOnceRevoked } from "./lease/revocable-view.js";
export { rollBackWithin } from "./lease/roll-back-within.js";
export { untilSettled } from "./lease/until-settled.js";
export { builtinModule } from "./loading/builtin-module.js";
export { defined } from "./options/defined.js";
export { type Environment, type Runtime, systemRuntime } from "./runtime.js";
export { sessionStateReason } from "./session-state/session-watch.js";
export type { Clock } from "./time/clock.js";
export { deadlineAt, succeedsWithin } from "./time/deadline.js";
export { setRef } from "./time/event-loop.js";
export { Restores } from "./time/restores.js";
export { nextTick } from "./time/timers.js";
export { checkBoolean, checkDuration, checkText, refusedOption } from "./validation.js";
