import { spawn } from "node:child_process";
import { once } from "node:events";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { bundleIntoCheckout } from "../bundle-adapter.js";
import type { Suite, SuiteRun, TestOutcome } from "../suite.js";

const PRELOAD = fileURLToPath(new URL("preload.ts", import.meta.url));
const REPLACEABLE_POOL = fileURLToPath(new URL("replaceable-pool.cjs", import.meta.url));

/** What mysql2's own runner allows a file. */
const LONGEST_FILE_MS = 30_000;

/** mysql2's integration tests. Each file is one test: it passes when its process ends with code 0. */
export const mysql2Suite: Suite = {
  engines: ["mysql"],
  async run(run) {
    await using preload = await bundleIntoCheckout(PRELOAD, run.checkout);
    const patterns = run.filters.length === 0 ? ["test/integration/**/*.test.mts"] : run.filters;
    const files: string[] = [];
    for await (const file of glob([...patterns], { cwd: run.checkout })) files.push(file);
    const outcomes: TestOutcome[] = [];
    for (const file of files.toSorted()) outcomes.push(await runFile(run, file, preload.file));
    return outcomes;
  },
};

async function runFile(
  { checkout, side, server, proxyEnvironment }: SuiteRun,
  file: string,
  preload: string,
): Promise<TestOutcome> {
  const ours = side === "ours" ? ["--require", REPLACEABLE_POOL, "--import", preload] : [];
  // The tests are TypeScript whose imports name JavaScript; tsx is a dependency of mysql2's own runner. It comes last, since it
  // takes over a second to transform our bundle.
  const child = spawn(process.execPath, [...ours, "--import", "tsx", join(checkout, file)], {
    cwd: checkout,
    env: {
      ...process.env,
      ...proxyEnvironment,
      // The suite takes a password only in CI.
      CI: "1",
      MYSQL_HOST: server.host,
      MYSQL_PORT: String(server.port),
      MYSQL_USER: server.user,
      MYSQL_PASSWORD: server.password ?? "",
      MYSQL_DATABASE: server.database ?? "",
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST_FILE_MS,
    killSignal: "SIGKILL",
  });
  const [output, errors, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code === 0) return { name: file, state: "passed" };
  const reason = signal === null ? "" : `no end within ${LONGEST_FILE_MS} ms\n`;
  return { name: file, state: "failed", message: `${reason}${errors}${output}`.trim() };
}
