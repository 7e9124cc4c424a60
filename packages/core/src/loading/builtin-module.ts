/**
 * Returns one of Node's modules, loaded on the first call. An `import` statement would load it at once and read all of its exports,
 * getters included: one of `node:tls` formats every root certificate, one of `node:crypto` loads Web Crypto. Together they take
 * a cold start several milliseconds.
 */
export const builtinModule: typeof process.getBuiltinModule = process.getBuiltinModule;
