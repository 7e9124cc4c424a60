import { parseArgs } from "node:util";
import type { BundleFunctionOptions } from "../bundle-function.js";
import { UsageError } from "./usage-error.js";

/** The output of `--help`. */
export const helpText = `Usage: rds-proxy-bundle ENTRY --outdir DIR [flags]

Bundles a Lambda function with esbuild, without the parts of pg and mysql2 that a verified utf8mb4 connection never uses, and
writes V8's code cache. Lambda's setting Handler is the entry's name: handler.handler for handler.ts.

  --outdir DIR        the deployment folder
  --early FILE        the module that opens the connection: it is evaluated first, and the connection logs in while the others
                      are evaluated
  --format esm        ES modules, which may use top-level await, without a code cache; default: cjs
  --event JSON        invoke the handler once with this event, so that the cache has what a first invocation calls
  --handler NAME      the exported function; default: handler
  --external NAME     a package that is not bundled, as in esbuild; may be repeated
  --bundle-aws-sdk    bundle the AWS SDK as well, in place of the one in Lambda's runtime
  --conditions NAME   a condition for the exports in package.json files; may be repeated
  --no-minify         keep names and white space
  --help              show this help

The cache is used by the same version of Node.js on the same architecture. Exit codes: 0 done, 1 failed, 2 wrong flag.
`;

/**
 * Parses the arguments.
 *
 * @returns `"help"` for `--help`
 * @throws UsageError
 */
export function parseCommandLine(args: readonly string[]): BundleFunctionOptions | "help" {
  const { values, positionals } = parse(args);
  if (values.help) return "help";
  const [entry, ...others] = positionals;
  if (entry === undefined || others.length > 0) {
    throw new UsageError("Expected one entry, the file with the handler.");
  }
  if (values.outdir === undefined) throw new UsageError("--outdir: expected the deployment folder.");
  return {
    entry,
    outdir: values.outdir,
    format: formatOf(values.format, values.early),
    early: values.early,
    minify: !values["no-minify"],
    bundlesAwsSdk: values["bundle-aws-sdk"],
    external: values.external,
    conditions: values.conditions,
    training: { event: eventOf(values.event), handlerName: values.handler },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        outdir: { type: "string" },
        early: { type: "string" },
        format: { type: "string", default: "cjs" },
        event: { type: "string" },
        handler: { type: "string", default: "handler" },
        "bundle-aws-sdk": { type: "boolean", default: false },
        external: { type: "string", multiple: true, default: [] },
        conditions: { type: "string", multiple: true, default: [] },
        "no-minify": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function formatOf(format: string, early: string | undefined): "cjs" | "esm" {
  if (format === "esm" && early !== undefined)
    throw new UsageError("--early: expected without --format esm.");
  if (format === "cjs" || format === "esm") return format;
  throw new UsageError(`--format: expected cjs or esm, got ${JSON.stringify(format)}.`);
}

function eventOf(event: string | undefined): string | undefined {
  if (event === undefined) return undefined;
  try {
    JSON.parse(event);
    return event;
  } catch {
    throw new UsageError("--event: expected JSON.");
  }
}
