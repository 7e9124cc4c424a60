// What few processes ever need: what comes after a failure, and logins by other credentials than the environment's. It is
// loaded as a whole when the first of it is needed. In pieces, a bundle would have one more file for whatever each of
// them shares with the rest, and every cold start would read those.
export { connectAgain } from "./connect/connect-again.js";
export { explainOverrun } from "./connect/describe-login.js";
export { chainSource, optionSource } from "./credentials/provider-source.js";
export { createRoleSource } from "./credentials/role-source.js";
export { createSecretReader } from "./credentials/secret-reader.js";
