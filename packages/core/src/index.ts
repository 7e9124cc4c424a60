export { type ConnectAttempt, type Connected, connectWithRetry } from "./connect/connect.js";
export { Login } from "./connect/login.js";
export type {
  AwsCredentialProvider,
  AwsCredentials,
  CredentialSource,
  FoundCredentials,
  GivenAwsCredentials,
} from "./credentials/aws-credentials.js";
export type { Secret, SecretOptions, SecretValue } from "./credentials/secret.js";
export { canDialByName, createDialingSocket, type DialingSocket } from "./endpoint/dialing-socket.js";
export { describeEndpoint, type Endpoint, type EndpointKind } from "./endpoint/endpoint.js";
export type { Engine } from "./endpoint/engine.js";
export type { SslOptions, VerifiedTls } from "./endpoint/verified-tls.js";
export {
  invalidOption,
  leaseEnded,
  noFreeConnection,
  poolEnded,
  RdsProxyError,
  type RdsProxyErrorCode,
} from "./errors.js";
export {
  type ConnectReport,
  type EventOrigin,
  emitEvent,
  type FailedAttempt,
  onRdsProxyEvent,
  type RdsProxyEventName,
  type RdsProxyEvents,
} from "./events.js";
export type { ConnectFailureKind } from "./failures/connect-failure.js";
export { findRdsProxyError } from "./failures/find-rds-proxy-error.js";
export { endsMysqlSession, endsPostgresSession } from "./failures/session-ending-errors.js";
export { reportAcquire } from "./lease/acquire-event.js";
export {
  createPoolTaker,
  isFitForPool,
  type PooledDriver,
  type PoolSource,
} from "./lease/acquire-from-pool.js";
export type { Adapter, Lease, Resource } from "./lease/adapter.js";
export { BorrowedListeners } from "./lease/borrowed-listeners.js";
export { createConnectionSlots } from "./lease/connection-slots.js";
export { deriveAdapter } from "./lease/derive-adapter.js";
export type { ConnectionState, Driver, Loan } from "./lease/driver.js";
export { endGracefully } from "./lease/end-gracefully.js";
export { firstEvent } from "./lease/first-event.js";
export { isFitForUse } from "./lease/fitness.js";
export { type LendingRules, lendObject, MemberLoans } from "./lease/lend-object.js";
export { rollBackSoon } from "./lease/rollback.js";
export { settled } from "./lease/until-settled.js";
export { builtinModule } from "./loading/builtin-module.js";
export {
  otherOptions,
  RDS_PROXY_OPTION_NAMES,
  type RdsProxyOptions,
  type ResolvedRdsProxyOptions,
  type RetryOptions,
  resolveOptions,
} from "./options/options.js";
export type { Environment } from "./runtime.js";
export { type Runtime, systemRuntime } from "./runtime.js";
export type { BackoffPolicy, RandomSource } from "./time/backoff.js";
export type { Clock } from "./time/clock.js";
export { atMost, type Deadline, deadlineIn, shareOf, within } from "./time/deadline.js";
export { endOfTurn, setRef } from "./time/event-loop.js";
export { nextTick } from "./time/timers.js";
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
