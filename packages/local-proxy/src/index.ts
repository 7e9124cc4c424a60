export type { DatabaseView } from "./backend/database-state.js";
export type { ClientView } from "./client/client-view.js";
export type { RecordedMessage } from "./client/recorded-message.js";
export type {
  CommitFault,
  ConnectFault,
  DroppedLogin,
  FailoverManner,
  Faults,
  KillManner,
  LoginStage,
  RefusedLogin,
  StatementFault,
} from "./faults/faults.js";
export type { LocalProxy } from "./local-proxy.js";
export type { TokenFault } from "./login/verify-token.js";
export type { Metrics } from "./metrics.js";
export type { AwsCredentials } from "./options/aws-credentials.js";
export type { CapabilityName } from "./options/mysql-capabilities.js";
export type {
  AuthenticationMode,
  DatabaseSecret,
  LimitOptions,
  LocalProxyOptions,
  MysqlGreetingOptions,
  PinningOptions,
  PostgresGreetingOptions,
  Upstream,
} from "./options/options.js";
export type { MysqlPinRule } from "./pinning/mysql-pin-rules.js";
export type { Pin, PinCause, PinRule } from "./pinning/pin.js";
export type { PostgresPinRule } from "./pinning/postgres-pin-rules.js";
export type { RefusedClient } from "./sessions/refused-client.js";
export { startLocalProxy } from "./start-local-proxy.js";
