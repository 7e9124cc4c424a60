import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EXPOSE_GC, filesOf } from "./function-entry.js";

/** How a bundle is run for its cache. */
export interface Training {
  /**
   * An event for the handler, as JSON. The handler is invoked with it once, so that the cache also has what the first invocation
   * calls, login and query included. That needs the function's environment variables and a proxy: run the command inside
   * `rds-proxy-local --exec`.
   *
   * @default the bundle is loaded only
   */
  readonly event?: string | undefined;
  /** @default "handler" */
  readonly handlerName?: string | undefined;
  /** Environment variables. @default those of this process */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Endpoint and user where the environment has none: `rdsProxy()` checks them when a module loads. Nothing connects there. */
const PLACEHOLDERS = {
  AWS_REGION: "us-east-1",
  RDS_PROXY_ENDPOINT: "localhost",
  RDS_PROXY_USER: "build",
} as const;

/** In milliseconds. */
const TRAINING_TIMEOUT = 120_000;

/**
 * Runs a bundle twice, with the flags that Lambda's runtime sets and without, and writes a cache of each.
 *
 * @returns the names of the modules that the bundle loaded from outside of its folder
 */
export async function writeCodeCaches(
  outdir: string,
  name: string,
  { event, handlerName = "handler", env = process.env }: Training,
): Promise<readonly string[]> {
  const { code, cache, gcCache } = filesOf(name);
  const program = fileURLToPath(
    new URL(import.meta.url.endsWith(".ts") ? "train.ts" : "train.js", import.meta.url),
  );
  const folder = resolve(outdir);
  const fromOutside = new Set<string>();
  for (const [file, flags] of [
    [cache, []],
    [gcCache, [EXPOSE_GC]],
  ] as const) {
    const args = [
      program,
      join(folder, code),
      join(folder, file),
      handlerName,
      ...(event === undefined ? [] : [event]),
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...args], {
      env: environmentOf(env, event !== undefined),
      timeout: TRAINING_TIMEOUT,
    });
    const names: readonly string[] = JSON.parse(stdout.slice(stdout.lastIndexOf("\n")));
    for (const name of names) fromOutside.add(name);
  }
  return [...fromOutside];
}

function environmentOf(env: NodeJS.ProcessEnv, isInvoked: boolean): NodeJS.ProcessEnv {
  // V8's flags in NODE_OPTIONS would be those of the build, not of the function.
  const { NODE_OPTIONS, AWS_LAMBDA_INITIALIZATION_TYPE, ...others } = env;
  return isInvoked
    ? { ...others, AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand" }
    : { ...PLACEHOLDERS, ...others };
}
