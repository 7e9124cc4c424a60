export type { AwsCredentials } from "./aws-credentials.js";
export type { ClientView } from "./client-view.js";
export type {
  ConnectFault,
  DroppedLogin,
  FailoverManner,
  Faults,
  KillManner,
  LoginStage,
  RefusedLogin,
  StatementFault,
} from "./faults.js";
export type { TokenFault } from "./iam.js";
export type { LocalProxy } from "./local-proxy.js";
export type { Metrics } from "./metrics.js";
export type { CapabilityName } from "./mysql/capabilities.js";
export type { MysqlPinRule } from "./mysql/pin-rules.js";
export type {
  AuthenticationMode,
  DatabaseSecret,
  LimitOptions,
  LocalProxyOptions,
  MysqlGreetingOptions,
  PinningOptions,
  PostgresGreetingOptions,
  Upstream,
} from "./options.js";
export type { Pin, PinCause, PinRule } from "./pin.js";
export type { PostgresPinRule } from "./postgres/pin-rules.js";
export type { RecordedMessage } from "./recorded-message.js";
export { startLocalProxy } from "./start-local-proxy.js";
