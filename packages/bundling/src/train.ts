// The process that writes a code cache: runs a bundle, and its handler once if there is an event. Imports nothing of ours, so
// that Node.js can run the source as well.
import { readFileSync, realpathSync, writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";

const [, , file = "", cacheFile = "", handlerName = "", event] = process.argv;

const requireHere = createRequire(file);
const folder = realpathSync(dirname(file)) + sep;
/** What the bundle loads from outside of its folder, as the names that it asks for. */
const fromOutside = new Set<string>();
function requireAndNote(name: string): unknown {
  const path = requireHere.resolve(name);
  if (isAbsolute(path) && !path.startsWith(folder)) fromOutside.add(name);
  return requireHere(name);
}

const script = new Script(readFileSync(file, "utf8"), {
  filename: file,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const loaded: { exports: Record<string, unknown> | (() => Record<string, unknown>)[] } = { exports: {} };
script.runInThisContext()(
  loaded.exports,
  Object.assign(requireAndNote, requireHere),
  loaded,
  file,
  dirname(file),
  pathToFileURL(file).href,
);
// A bundle that is evaluated in steps exports them; the last returns the function's module.
const { exports } = loaded;
const module = Array.isArray(exports) ? (exports.map((step) => step()).at(-1) ?? {}) : exports;
const handler = module[handlerName];
if (typeof handler !== "function") {
  const exported = Object.keys(module).join(", ");
  throw new Error(`The bundle has no function ${handlerName}. It exports: ${exported || "nothing"}.`);
}
if (event !== undefined) {
  const context = { awsRequestId: "training", getRemainingTimeInMillis: () => 30_000 };
  await handler(JSON.parse(event), context);
}
// With the functions that have run, which V8 compiles when they are called first.
writeFileSync(cacheFile, script.createCachedData());
// On a line of its own, after what the handler has printed.
writeSync(1, `\n${JSON.stringify([...fromOutside])}`);
// A connection may be open.
process.exit(0);
