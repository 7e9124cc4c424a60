// For authors of adapters: the contracts, and what helps to implement them. See docs/new-adapter.md.

export type { ConnectAttempt } from "./connect/connect.js";
export { Login } from "./connect/login.js";
export { createDialingSocket } from "./endpoint/dialing-socket.js";
export { describeEndpoint, type Endpoint, type EndpointKind } from "./endpoint/endpoint.js";
export type { Engine } from "./endpoint/engine.js";
export type { VerifiedTls } from "./endpoint/verified-tls.js";
export { invalidOption, leaseEnded } from "./errors.js";
export { endsMysqlSession, endsPostgresSession } from "./failures/session-ending-errors.js";
export type { Adapter, Lease, Resource } from "./lease/adapter.js";
export { createConnectionSlots } from "./lease/connection-slots.js";
export { deriveAdapter } from "./lease/derive-adapter.js";
export type { ConnectionState, Driver, RevocableView } from "./lease/driver.js";
export { createRevocableView, MemberViews, type ViewRules } from "./lease/revocable-view.js";
export { ViewListeners } from "./lease/view-listeners.js";
export {
  otherOptions,
  RDS_PROXY_OPTION_NAMES,
  type ResolvedRdsProxyOptions,
  resolveOptions,
} from "./options/options.js";
export { type SentStatement, type SessionState, SessionWatch } from "./session-state/session-watch.js";
export { atMost, type Deadline, deadlineIn, within } from "./time/deadline.js";
export { LatestTurn } from "./time/event-loop.js";
export {
  checkDriverOptions,
  checkKnownNames,
  checkObject,
  type DriverOptionCheck,
  type DriverOptionRules,
  describeValue,
  type Refusal,
} from "./validation.js";
