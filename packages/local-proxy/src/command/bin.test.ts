import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";

/** Enough for a process and PostgreSQL to start on a busy machine. */
const startTimeoutMs = 90_000;

test("an interrupt ends the process and all that it started, with code 0", {
  timeout: 2 * startTimeoutMs,
}, async () => {
  const program = fileURLToPath(new URL("./bin.ts", import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-bin-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  // Node.js itself would take some names of flags, such as --env-file.
  const environmentFile = join(folder, "proxy.env");
  const args = ["--environment-file", environmentFile];
  const child = spawn(process.execPath, ["--import", "tsx", program, ...args], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit");
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written += text;
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  await vi.waitUntil(() => told.includes("Press Ctrl-C to stop."), { timeout: startTimeoutMs });
  const [, caFile = ""] = /^export NODE_EXTRA_CA_CERTS=(.+)$/m.exec(written) ?? [];
  const [, port = ""] = /^export RDS_PROXY_ENDPOINT=localhost:(\d+)$/m.exec(written) ?? [];
  expect([caFile, environmentFile].map((file) => existsSync(file))).toEqual([true, true]);

  child.kill("SIGINT");
  expect(await exit).toEqual([0, null]);
  expect([caFile, environmentFile].map((file) => existsSync(file))).toEqual([false, false]);
  const socket = connect(Number(port), "127.0.0.1");
  const [error] = await once(socket, "error").catch((cause: unknown) => [cause]);
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});
