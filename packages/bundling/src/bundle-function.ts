import { readFile, writeFile } from "node:fs/promises";
import { join, parse } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { earlyEntry } from "./early-entry.js";
import { filesOf, functionEntry, steppedFunctionEntry } from "./function-entry.js";
import { latePackages } from "./late-packages.js";
import { leanDrivers } from "./lean-drivers.js";
import { type Training, writeCodeCaches } from "./write-code-caches.js";

/** What `bundleFunction` bundles, and how. */
export interface BundleFunctionOptions {
  /** The file with the handler, in JavaScript or TypeScript. */
  readonly entry: string;
  /** The deployment folder. Files of the same names are overwritten. */
  readonly outdir: string;
  /**
   * `"cjs"` gives one file with V8's code cache. `"esm"` gives ES modules without a cache, which may use top-level `await`.
   *
   * @default "cjs"
   */
  readonly format?: "cjs" | "esm" | undefined;
  /**
   * The module that opens the connection, such as one that exports `rdsProxy()`. It is evaluated before the others, and the event
   * loop turns before each other module that is not of a package: the connection logs in while they are evaluated. The function is
   * then `NAME.mjs`. Only with `format: "cjs"`.
   *
   * @default modules are evaluated in the order of their imports
   */
  readonly early?: string | undefined;
  /** @default true */
  readonly minify?: boolean | undefined;
  /**
   * Whether the AWS SDK is part of the bundle; Lambda's runtime contains it. What a module imports dynamically of it becomes a
   * file of its own.
   *
   * @default false
   */
  readonly bundlesAwsSdk?: boolean | undefined;
  /** Packages that are not bundled, besides optional ones of the drivers and of Sequelize. */
  readonly external?: readonly string[] | undefined;
  /** More plugins of esbuild. */
  readonly plugins?: readonly Plugin[] | undefined;
  /** More conditions for the `exports` in package.json files. */
  readonly conditions?: readonly string[] | undefined;
  /** How the bundle is run for its cache. */
  readonly training?: Training | undefined;
}

const AWS_SDK = ["@aws-sdk/*", "@smithy/*"];
const OPTIONAL = ["pg-native", "pg-hstore"];

/** The drivers are CommonJS, and an ES module has no `require`. */
const REQUIRE_IN_ESM =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** What became of a bundle. */
export interface BundledFunction {
  /**
   * Packages that the bundle loaded when it was run, though they are neither in its folder nor `external`: their names are
   * computed, so no bundler finds them. Where `node_modules` is not deployed, the function fails. Empty with `format: "esm"`,
   * which is not run.
   */
  readonly missing: readonly string[];
}

/**
 * Bundles a Lambda function with esbuild and {@link leanDrivers}, and writes V8's code cache beside it. `NAME.cjs` is the module
 * to name in Lambda's setting *Handler*; it loads `NAME.code.cjs` with the cache.
 *
 * The cache is written by running the bundle in this version of Node.js, on this processor architecture. Any other version or
 * architecture ignores it and compiles the bundle itself.
 *
 * @throws esbuild's BuildFailure; Error if the bundle fails when it is run
 */
export async function bundleFunction(options: BundleFunctionOptions): Promise<BundledFunction> {
  const { entry, outdir, format = "cjs", early, training = {} } = options;
  const { name } = parse(entry);
  if (format === "esm") {
    if (early !== undefined)
      throw new Error('early: expected nothing with format "esm". Leave out one of both.');
    await build({
      ...commonOptions(options),
      entryPoints: { [name]: entry },
      format: "esm",
      outdir,
      outExtension: { ".js": ".mjs" },
      splitting: true,
      banner: { js: REQUIRE_IN_ESM },
    });
    return { missing: [] };
  }
  const common = commonOptions(options);
  const outfile = join(outdir, filesOf(name).code);
  const stepped = early === undefined ? undefined : await earlyEntry(entry, early, common);
  await build({
    ...common,
    ...(stepped ? { stdin: { contents: stepped.source, resolveDir: "." } } : { entryPoints: [entry] }),
    format: "cjs",
    outfile,
    // A script whose value is a function like the one that Node.js makes of a CommonJS module.
    banner: { js: "(function (exports, require, module, __filename, __dirname, __url) {" },
    footer: { js: "})" },
    define: {
      "import.meta.dirname": "__dirname",
      "import.meta.filename": "__filename",
      "import.meta.url": "__url",
    },
    plugins: [latePackages(outdir), ...common.plugins],
  });
  await (stepped
    ? writeFile(join(outdir, `${name}.mjs`), steppedFunctionEntry(name, stepped.exportedNames))
    : writeFile(join(outdir, `${name}.cjs`), functionEntry(name, await readFile(outfile, "utf8"))));
  const fromOutside = await writeCodeCaches(outdir, name, training);
  return {
    missing: fromOutside.filter((module) => !common.external.some((external) => covers(external, module))),
  };
}

/** Whether esbuild leaves a module out for this name of a package or pattern with one `*`. */
function covers(external: string, module: string): boolean {
  const [start = "", end] = external.split("*");
  if (end === undefined) return module === external || module.startsWith(`${external}/`);
  return module.startsWith(start) && module.endsWith(end);
}

function commonOptions({
  minify = true,
  bundlesAwsSdk = false,
  external = [],
  plugins = [],
  conditions = [],
}: BundleFunctionOptions) {
  return {
    bundle: true,
    platform: "node",
    target: "node22",
    minify,
    external: [...OPTIONAL, ...(bundlesAwsSdk ? [] : AWS_SDK), ...external],
    conditions: ["module", ...conditions],
    plugins: [leanDrivers(), ...plugins],
    logLevel: "warning",
  } as const satisfies BuildOptions;
}
