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
  const [exportedNames = ""] = EXPORTED_NAMES.exec(bundle) ?? [];
  return `"use strict";
${HEADER}
const { existsSync, readFileSync } = require("node:fs");
const { pathToFileURL } = require("node:url");
const { Script, constants } = require("node:vm");
const folder = __dirname;
${compilation(name)}
script.runInThisContext()(exports, require, module, file, folder, pathToFileURL(file).href);
${REPLACEABLE_EXPORTS}
${exportedNames}
`;
}

/** The same, for a bundle whose modules are evaluated in steps. The event loop turns before each of them. */
export function steppedFunctionEntry(name: string, exportedNames: readonly string[]): string {
  return `${HEADER}
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
const folder = import.meta.dirname;
${compilation(name)}
const bundle = { exports: {} };
script.runInThisContext()(bundle.exports, createRequire(file), bundle, file, folder, pathToFileURL(file).href);
let loaded;
for (const step of bundle.exports) {
  await new Promise((resolve) => setImmediate(resolve));
  loaded = step();
}
${exportedNames.map((exported, index) => `const value${index} = loaded[${JSON.stringify(exported)}];`).join("\n")}
export { ${exportedNames.map((exported, index) => `value${index} as ${exported}`).join(", ")} };
`;
}

/** Layers for tracing replace the exported handler, by Object.defineProperty(). The properties that esbuild defines do not allow it. */
const REPLACEABLE_EXPORTS = `const bundled = module.exports;
if (bundled.__esModule) {
  module.exports = Object.defineProperty({}, "__esModule", { value: true });
  for (const name of Object.keys(bundled))
    Object.defineProperty(module.exports, name, { get: () => bundled[name], enumerable: true, configurable: true });
}`;

const HEADER = "// Written by @rds-proxy/bundling: runs the bundle with V8's code cache.";

function compilation(name: string): string {
  const { code, cache, gcCache } = filesOf(name);
  return `const file = folder + ${JSON.stringify(`/${code}`)};
const cache = folder + "/" + (typeof gc === "function" ? ${JSON.stringify(gcCache)} : ${JSON.stringify(cache)});
const writtenBy = ${JSON.stringify(nodeVersion())};
const isSameNode = process.version + " " + process.platform + " " + process.arch === writtenBy;
const cachedData = isSameNode && existsSync(cache) ? readFileSync(cache) : undefined;
const script = new Script(readFileSync(file, "utf8"), {
  filename: file,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
globalThis[Symbol.for("@rds-proxy/code-cache")] = { writtenBy, isUsed: script.cachedDataRejected === false };`;
}
