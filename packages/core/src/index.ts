// For users. Authors of adapters use `./adapter`; `./internal` is for the packages of this repository.

export type { AwsCredentialProvider, GivenAwsCredentials } from "./credentials/aws-credentials.js";
export type { SecretOptions } from "./credentials/secret.js";
export type { TokenSigner } from "./credentials/signer.js";
export type { TargetRole } from "./endpoint/endpoint.js";
export type { Engine } from "./endpoint/engine.js";
export type { SslOptions } from "./endpoint/verified-tls.js";
export { type ConnectPhase, RdsProxyError, type RdsProxyErrorCode } from "./errors.js";
export {
  type ConnectReport,
  type EventOrigin,
  type FailedAttempt,
  onRdsProxyEvent,
  type RdsProxyEventName,
  type RdsProxyEvents,
} from "./events.js";
export type { ConnectFailureKind } from "./failures/connect-failure.js";
export { findRdsProxyError } from "./failures/find-rds-proxy-error.js";
export type { RdsProxyOptions, RetryOptions } from "./options/options.js";
export { afterRestore } from "./runtime.js";
export type { EffectKind } from "./session-state/effects.js";
