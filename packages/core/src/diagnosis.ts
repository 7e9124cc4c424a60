// What only a diagnosis needs. Apart from the index, so that no cold start reads it.
export { type AuthToken, signAuthToken } from "./auth-token.js";
export { type ConnectFailure, classifyConnectFailure } from "./connect-failure.js";
export { type EndpointSources, findEndpointSources, type Sourced } from "./endpoint-sources.js";
export { DEFAULT_PORTS } from "./engine.js";
export { SOURCE_NAMES } from "./login-account.js";
export { missingBundle } from "./missing-bundle.js";
export { DATABASE_REFUSAL } from "./mysql-failures.js";
