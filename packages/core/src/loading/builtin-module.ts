/**
 * One of Node's own modules, loaded when it is asked for. An `import` statement would load it at once and read all of
 * its exports, getters included: that of `node:tls` makes text of every root certificate, and that of `node:crypto`
 * loads Web Crypto. Together they cost a cold start several milliseconds, which `require` and this do not.
 */
export const builtinModule: typeof process.getBuiltinModule = process.getBuiltinModule;
