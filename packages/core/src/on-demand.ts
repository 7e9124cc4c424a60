// What few processes need: everything after a failure, and logins by other credentials than the environment's. Loaded as a
// whole with the first of it. In two pieces, a bundle would have two more files for what they share with the rest, and every
// cold start would read those: test/packaging/bundle-size.test.ts.
export { explainOverrun } from "./connect/describe-login.js";
export { FailedAttempts } from "./connect/failed-attempts.js";
export { chainSource, optionSource } from "./credentials/provider-source.js";
export { createRoleSource } from "./credentials/role-source.js";
export { createSecretReader } from "./credentials/secret-reader.js";
