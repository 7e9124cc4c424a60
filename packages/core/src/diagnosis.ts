/**
 * What only the doctor needs. It changes in any release, without notice.
 *
 * @internal
 * @module
 */

export { SOURCE_NAMES } from "./connect/describe-login.js";
export { missingBundle } from "./connect/missing-bundle.js";
export { type AuthToken, signAuthToken } from "./credentials/auth-token.js";
export { type EndpointSources, findEndpointSources, type Sourced } from "./endpoint/endpoint-sources.js";
export { DEFAULT_PORTS } from "./endpoint/engine.js";
export { lookUp } from "./endpoint/look-up.js";
export { type ConnectFailure, classifyConnectFailure } from "./failures/classify.js";
export { DATABASE_REFUSAL } from "./failures/mysql.js";
export { EFFECTS, type EffectKind } from "./session-state/effects.js";
export { mysqlEffects } from "./session-state/mysql-effects.js";
export { PIN_REMEDIES } from "./session-state/pin-remedies.js";
export { postgresEffects } from "./session-state/postgres-effects.js";
export { TokenReader } from "./session-state/token-reader.js";
