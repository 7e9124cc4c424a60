// Code that few processes need: everything after a failure, logins with credentials that are not in the environment, and names
// that are resolved slowly. One `import()` loads all of it. With two, bundlers would put the code that they share with the rest
// into files of its own, which every cold start would read: see test/packaging/bundle-size.test.ts.
export { explainAbortedLogin } from "./connect/describe-login.js";
export { FailedAttempts } from "./connect/failed-attempts.js";
export { chainSource, optionSource } from "./credentials/provider-source.js";
export { createRoleSource } from "./credentials/role-source.js";
export { signBySdk } from "./credentials/sdk-token.js";
export { createSecretReader } from "./credentials/secret-reader.js";
export { askSigner } from "./credentials/signer-token.js";
export { lookUpWithoutThreads } from "./endpoint/resolve-without-threads.js";
export { PIN_REMEDIES } from "./session-state/pin-remedies.js";
