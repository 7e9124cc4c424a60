export type { AwsCredentials } from "./aws-credentials.js";
export type {
  ConnectFault,
  DroppedLogin,
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
export type { DatabaseSecret, LocalProxyOptions, MysqlGreetingOptions, Upstream } from "./options.js";
export type { RecordedMessage } from "./recorded-message.js";
export { startLocalProxy } from "./start-local-proxy.js";
