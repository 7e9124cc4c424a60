export {
  createPoolTaker,
  isFitForPool,
  type PooledDriver,
  type PoolSource,
} from "./acquire-from-pool.js";
export type { Adapter, Lease, Resource } from "./adapter.js";
export type { BackoffPolicy, RandomSource } from "./backoff.js";
export { BorrowedListeners } from "./borrowed-listeners.js";
export { builtinModule } from "./builtin-module.js";
export type { Clock } from "./clock.js";
export { type ConnectAttempt, type Connected, connectWithRetry } from "./connect.js";
export { createConnectionSlots } from "./connection-slots.js";
export type {
  AwsCredentialProvider,
  AwsCredentials,
  CredentialSource,
  Environment,
  FoundCredentials,
  GivenAwsCredentials,
} from "./credentials.js";
export { atMost, type Deadline, deadlineIn, shareOf, within } from "./deadline.js";
export { deriveAdapter } from "./derive-adapter.js";
export { canDialByName, createDiallingSocket, type DiallingSocket } from "./dialling-socket.js";
export type { ConnectionState, Driver, Loan } from "./driver.js";
export { endSoon } from "./end-soon.js";
export { describeEndpoint, type Endpoint, type EndpointKind } from "./endpoint.js";
export type { Engine } from "./engine.js";
export {
  invalidOption,
  leaseEnded,
  noFreeConnection,
  poolEnded,
  RdsProxyError,
  type RdsProxyErrorCode,
} from "./errors.js";
export { endOfTurn, setRef } from "./event-loop.js";
export {
  type ConnectReport,
  type EventOrigin,
  emitEvent,
  type FailedAttempt,
  onRdsProxyEvent,
  type RdsProxyEventName,
  type RdsProxyEvents,
} from "./events.js";
export type { ConnectFailureKind } from "./failure-row.js";
export { findRdsProxyError } from "./find-rds-proxy-error.js";
export { firstEvent } from "./first-event.js";
export { isFitForUse } from "./fitness.js";
export { type LendingRules, lendObject, MemberLoans } from "./loan.js";
export { Login } from "./login.js";
export {
  otherOptions,
  RDS_PROXY_OPTION_NAMES,
  type RdsProxyOptions,
  type ResolvedRdsProxyOptions,
  type RetryOptions,
  resolveOptions,
} from "./options.js";
export { isPoisonousToMysql, isPoisonousToPostgres } from "./poisonous-errors.js";
export { rollBackSoon } from "./rollback.js";
export { type Runtime, systemRuntime } from "./runtime.js";
export type { Secret, SecretOptions, SecretValue } from "./secret.js";
export { settled } from "./settled.js";
export { tellAcquired } from "./tell-acquired.js";
export { nextTick } from "./timers.js";
export type { SslOptions, VerifiedTls } from "./tls.js";
export {
  checkBoolean,
  checkCount,
  checkDriverOptions,
  checkDuration,
  checkKnownNames,
  checkObject,
  checkText,
  describeValue,
  type Refusal,
  refusedOption,
} from "./validation.js";
