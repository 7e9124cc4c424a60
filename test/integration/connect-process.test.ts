import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { eventually } from "../../packages/local-proxy/src/testing/eventually.js";
import { flagsTo, runConnect, stayInFrontOf } from "../support/connect-command.js";

let proxy: LocalProxy;
beforeAll(async () => {
  proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
});
afterAll(() => proxy.close());

/** Runs the command as a process of its own, with its standard output. */
function startProcess(...args: readonly string[]) {
  const command = fileURLToPath(new URL("../../packages/connect/src/command/main.ts", import.meta.url));
  const node = ["--conditions=@rds-proxy/source", "--import=tsx", command];
  const child = spawn(process.execPath, [...node, ...flagsTo(proxy), ...args], {
    env: { ...process.env, ...proxy.environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return { child, exit: once(child, "exit"), output: () => output };
}

test("signals reach the program, whose exit code is the command's", async () => {
  const program = `process.on("SIGHUP", () => process.exit(9)); setInterval(() => {}, 1e6); console.log("is up");`;
  const { child, exit, output } = startProcess("--", process.execPath, "-e", program);
  await eventually(() => output().includes("is up"));
  child.kill("SIGHUP");
  expect(await exit).toEqual([9, null]);
});

test("a program that a signal ends is 128 plus its number; a listener that stays ends with 0", async () => {
  const killed = startProcess("--", process.execPath, "-e", "process.kill(process.pid, 'SIGKILL')");
  const staying = startProcess();
  await eventually(() => staying.output().includes("psql"));
  staying.child.kill("SIGTERM");
  expect(await staying.exit).toEqual([0, null]);
  expect(await killed.exit).toEqual([137, null]);
});

test("a Unix socket has the rights of its owner only, and is removed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-connect-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const listener = await stayInFrontOf(proxy, ["--socket", folder, "--no-password"]);
  expect((await stat(join(folder, ".s.PGSQL.5432"))).mode & 0o777).toBe(0o600);
  const client = new pg.Client({
    host: folder,
    port: 5432,
    user: listener.user,
    database: listener.database,
  });
  await client.connect();
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await client.end();

  const second = runConnect([...flagsTo(proxy), "--socket", folder], proxy.environment);
  expect(await second.exitCode).toBe(2);
  expect(second.told()).toContain("cannot be listened on: something else is there, or uses it.");
  const nowhere = runConnect([...flagsTo(proxy), "--socket", "/nowhere"], proxy.environment);
  expect(await nowhere.exitCode).toBe(2);
  expect(nowhere.told()).toContain("there is no such folder.");
  listener.signal("SIGINT");
  expect(await listener.exitCode).toBe(0);
  expect(await readdir(folder)).toEqual([]);
});

test("a socket that a killed listener left is taken over", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-connect-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const killed = startProcess("--socket", folder);
  await eventually(() => killed.output().includes("psql"));
  killed.child.kill("SIGKILL");
  await killed.exit;
  expect(await readdir(folder)).toEqual([".s.PGSQL.5432"]);
  await stayInFrontOf(proxy, ["--socket", folder]);
});

test.each(["file", "folder"])("a %s in the place of MySQL's socket stays", async (kind) => {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-connect-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "s");
  await (kind === "file" ? writeFile(path, "kept") : mkdir(path));
  const run = runConnect([...flagsTo(proxy), "--engine", "mysql", "--socket", path], proxy.environment);
  expect(await run.exitCode).toBe(2);
  expect(run.told()).toContain("something else is there, or uses it.");
  expect(await readdir(folder)).toEqual(["s"]);
});

test("a port in use, a wrong option and missing credentials end it with 2 and one sentence", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address !== null ? String(address.port) : "";
  const failing = async (args: readonly string[], env: Readonly<Record<string, string | undefined>>) => {
    const run = runConnect(args, env);
    expect(await run.exitCode).toBe(2);
    expect(run.written()).toBe("");
    return run.told();
  };
  expect(await failing([...flagsTo(proxy), "--port", port], proxy.environment)).toBe(
    `rds-proxy-connect: --port: ${port} is in use. Choose another one, or leave it out for any free port.\n` +
      "All flags: rds-proxy-connect --help\n",
  );
  expect(await failing([], {})).toMatch(
    /^rds-proxy-connect: --host: expected the endpoint of an RDS Proxy, /,
  );
  const { AWS_SECRET_ACCESS_KEY: _, ...withoutKey } = proxy.environment;
  const unreachable = { AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: "/nowhere" };
  expect(await failing(flagsTo(proxy), { ...withoutKey, ...unreachable })).toMatch(
    /^rds-proxy-connect: No AWS credentials .*To check each step: npx @rds-proxy\/doctor\n$/s,
  );
});

test("--print-token prints a token that logs in, and on a terminal only with --yes", async () => {
  const flags = [...flagsTo(proxy), "--print-token"];
  const script = runConnect(flags, proxy.environment);
  expect(await script.exitCode).toBe(0);
  const client = new pg.Client({
    host: "localhost",
    port: proxy.port,
    user: proxy.environment["RDS_PROXY_USER"],
    database: proxy.environment["RDS_PROXY_DATABASE"],
    password: script.written().trim(),
    ssl: { ca: proxy.ca },
  });
  await client.connect();
  await client.end();

  const seen = runConnect(flags, proxy.environment, { showsOutput: true });
  expect(await seen.exitCode).toBe(2);
  expect(seen.written()).toBe("");
  expect(seen.told()).toContain("Add --yes, or use it in $(…).");
  const wanted = runConnect([...flags, "--yes"], proxy.environment, { showsOutput: true });
  expect(await wanted.exitCode).toBe(0);
  expect(wanted.written()).toContain("X-Amz-Signature");
});
