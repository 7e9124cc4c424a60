import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundleFunction } from "@rds-proxy/bundling";
import { lambdaVariables } from "@rds-proxy/lambda-kit/environment";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { expect, inject, onTestFinished, test } from "vitest";

const run = promisify(execFile);

/** How many modules the function has of its own. Each blocks the process, as one that computes does. */
const MODULES = 40;

const DATABASE = `
  import { onRdsProxyEvent } from "@rds-proxy/core";
  import { rdsProxy } from "@rds-proxy/middleware";
  export const state = { isLoggedIn: false };
  onRdsProxyEvent("connect", () => { state.isLoggedIn = true; });
  export const database = rdsProxy();
`;
const BLOCKING = `
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
  export const number = 1;
`;
const HANDLER = `
  import middy from "@middy/core";
  ${Array.from({ length: MODULES }, (_, index) => `import { number as n${index} } from "./module-${index}.ts";`).join("\n")}
  import { database, state } from "./database.ts";
  const wasLoggedIn = state.isLoggedIn;
  const numbers = [${Array.from({ length: MODULES }, (_, index) => `n${index}`).join(", ")}];
  export const handler = middy().use(database).handler(async (_event, { db }) => {
    const { rows } = await db.query("select 1 as one");
    return [wasLoggedIn, rows[0].one, numbers.length];
  });
`;
const RUN = `
  const { handler } = await import(process.argv[1]);
  console.log(JSON.stringify(await handler({}, { getRemainingTimeInMillis: () => 10_000 })));
`;

test("a connection logs in while the function's own modules are evaluated, if its module is the early one", async () => {
  const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
  onTestFinished(() => proxy.close());
  // Inside the repository, so that imports resolve as they do for its own files.
  const folder = await mkdtemp(join(import.meta.dirname, "generated-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const modules = Array.from({ length: MODULES }, (_, index) => [`module-${index}.ts`, BLOCKING] as const);
  for (const [file, code] of [
    ["package.json", "{}"],
    ["database.ts", DATABASE],
    ["handler.ts", HANDLER],
    ...modules,
  ] as const) {
    await writeFile(join(folder, file), code);
  }
  const answerOf = async (early: string | undefined): Promise<unknown> => {
    const outdir = join(folder, early ? "early" : "usual");
    await bundleFunction({
      entry: join(folder, "handler.ts"),
      outdir,
      early,
      conditions: ["@rds-proxy/source"],
    });
    const file = join(outdir, early ? "handler.mjs" : "handler.cjs");
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", RUN, file], {
      env: { ...lambdaVariables, ...proxy.environment },
    });
    return JSON.parse(stdout);
  };
  expect(await answerOf(join(folder, "database.ts"))).toEqual([true, 1, MODULES]);
  expect(await answerOf(undefined)).toEqual([false, 1, MODULES]);
}, 120_000);
