/** The flag that Lambda's runtime starts Node.js with. V8 uses a cache only under the flags under which it was written. */
export const EXPOSE_GC = "--expose-gc";

/** The names of a function's files. */
export function filesOf(name: string): {
  readonly code: string;
  readonly cache: string;
  readonly gcCache: string;
} {
  return { code: `${name}.code.cjs`, cache: `${name}.cache`, gcCache: `${name}.expose-gc.cache` };
}

/** The version of Node.js that uses the caches written by this one. */
export function nodeVersion(): string {
  const { version, platform, arch } = process;
  return `${version} ${platform} ${arch}`;
}

/** How esbuild tells Node.js the names that a CommonJS module exports, for `import`. */
const EXPORTED_NAMES = /\b0\s*&&\s*\(module\.exports\s*=\s*\{[^}]*\}\)/;

/**
 * The module that Lambda loads. It compiles the bundle with the cache that this Node.js has written; with another version, and
 * where V8 rejects the cache, as under other flags, without. `globalThis[Symbol.for("@rds-proxy/code-cache")]` tells which.
 *
 * @param bundle esbuild's output
 */
export function functionEntry(name: string, bundle: string): string {
  const { code, cache, gcCache } = filesOf(name);
  const [exportedNames = ""] = EXPORTED_NAMES.exec(bundle) ?? [];
  return `"use strict";
// Written by @rds-proxy/bundling: runs ${code} with V8's code cache.
const { existsSync, readFileSync } = require("node:fs");
const { pathToFileURL } = require("node:url");
const { Script, constants } = require("node:vm");
const file = __dirname + ${JSON.stringify(`/${code}`)};
const cache = __dirname + "/" + (typeof gc === "function" ? ${JSON.stringify(gcCache)} : ${JSON.stringify(cache)});
const writtenBy = ${JSON.stringify(nodeVersion())};
const isSameNode = process.version + " " + process.platform + " " + process.arch === writtenBy;
const cachedData = isSameNode && existsSync(cache) ? readFileSync(cache) : undefined;
const script = new Script(readFileSync(file, "utf8"), {
  filename: file,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
globalThis[Symbol.for("@rds-proxy/code-cache")] = { writtenBy, isUsed: script.cachedDataRejected === false };
script.runInThisContext()(exports, require, module, file, __dirname, pathToFileURL(file).href);
${exportedNames}
`;
}
