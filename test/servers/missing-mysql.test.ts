import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { obtainDebianMysql } from "../../tools/lambda-kit/src/servers/debian-mysql.js";
import { missingMysql } from "../support/missing-mysql.js";

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-missing-mysql-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Puts programs on the PATH that stand for this machine's, and no others. */
async function pathWith(programs: Readonly<Record<string, string>>): Promise<string> {
  const folder = await createFolder();
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

test("a machine without apt-get goes without MySQL, in one line that says why", async () => {
  const env = { PATH: await pathWith({}) };
  const cache = await createFolder();
  expect(await missingMysql(env, () => obtainDebianMysql(cache, env))).toBe(
    "No tests on MySQL, for there is no server: apt-get $(REPO_URI) failed: it is not installed. " +
      "Set TEST_MYSQL_URL to have them.",
  );
});

test("a machine without a mirror of Debian goes without MySQL", async () => {
  const env = { PATH: await pathWith({ "apt-get": "echo http://archive.ubuntu.com/ubuntu/" }) };
  await expect(obtainDebianMysql(await createFolder(), env)).rejects.toThrow(
    "apt-get knows no mirror of Debian",
  );
});

test("a download that fails leaves nothing, and its reason is one line", async () => {
  const script =
    'case "$*" in *indextargets*) echo http://mirror.example/debian/;; *) echo "E: no such package\nE: at all" >&2; exit 100;; esac';
  const env = { PATH: await pathWith({ "apt-get": script }) };
  const cache = await createFolder();
  const missing = await missingMysql(env, () => obtainDebianMysql(cache, env));
  expect(missing).toMatch(
    /^No tests on MySQL, .*apt-get update failed: E: no such package\. Set TEST_MYSQL_URL/,
  );
  expect(await readdir(cache)).toEqual([]);
});

test("with CI it is an error", async () => {
  const obtain = (): Promise<never> => Promise.reject(new Error("no server"));
  await expect(missingMysql({ CI: "true" }, obtain)).rejects.toThrow(
    "No tests on MySQL, for there is no server: no server. Set TEST_MYSQL_URL to have them.",
  );
});

test("nothing is missing where the server can be had", async () => {
  expect(await missingMysql({ CI: "true" }, async () => undefined)).toBeUndefined();
});

test("what is missing is the first line of a run and the last", async () => {
  const folder = await createFolder();
  const setup = fileURLToPath(new URL("../support/print-missing.ts", import.meta.url));
  const config = {
    test: { globalSetup: setup, provide: { missing: ["No tests on MySQL."] }, globals: true },
  };
  await writeFile(join(folder, "vitest.config.mjs"), `export default ${JSON.stringify(config)};`);
  await writeFile(join(folder, "a.test.mjs"), 'test("passes", () => {});');
  const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, "run", "--root", folder], {
    env: { ...process.env, NO_COLOR: "1" },
  });
  const lines = stdout.split("\n").filter((line) => line.trim() !== "");
  const ofRun = lines.filter((line) => !/^ RUN /.test(line));
  expect(ofRun[0]).toBe("No tests on MySQL.");
  expect(ofRun.at(-1)).toBe("No tests on MySQL.");
  expect(stdout).toMatch(/1 passed/);
});
