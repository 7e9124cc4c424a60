import { createServer } from "node:net";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import { describeOn, testedEngines, testOn } from "../testing/tested-engines.js";
import { runCommand } from "./run-command.js";

/** A running command that can be stopped, and its output so far. */
function start(...args: readonly string[]): {
  readonly exitCode: Promise<number>;
  readonly said: { written: string; told: string };
  stop(): Promise<number>;
} {
  const said = { written: "", told: "" };
  const stopping = new AbortController();
  const exitCode = runCommand(args, {
    write: (text) => {
      said.written += text;
    },
    tell: (text) => {
      said.told += text;
    },
    stop: stopping.signal,
  });
  const stop = (): Promise<number> => {
    stopping.abort();
    return exitCode;
  };
  onTestFinished(async () => {
    await stop();
  });
  return { exitCode, said, stop };
}

function upstreamUrl(engine: "postgres" | "mysql"): string {
  const { host, port, user, password, database } = inject(engine);
  return `${engine}://${user}:${password}@${host}:${port}/${database}`;
}

/** A program that logs in by its environment variables, runs a statement, and exits with a code. */
function client(engine: "postgres" | "mysql", statement: string, exitCode: number): string[] {
  const module = new URL("../testing/environment-client.ts", import.meta.url).pathname;
  return ["--exec", "--", process.execPath, "--import", "tsx", module, engine, statement, String(exitCode)];
}

describe.each(testedEngines)("%s", (engine) => {
  test("prints the environment, the status page and the log until it is stopped", async () => {
    const { said, stop } = start("--upstream", upstreamUrl(engine));
    await eventually(() => said.told.includes("Press Ctrl-C to stop."));
    expect(said.written).toMatch(/^(?:export [A-Z_]+=[\w.,:/@+=-]+\n)+$/);
    expect(said.written).toMatch(/^export RDS_PROXY_ENDPOINT=localhost:\d+$/m);
    expect(said.told).toMatch(new RegExp(`^A local RDS Proxy listens at ${engine}://\\S+$`, "m"));
    const [, page = ""] = /Status page: (\S+)$/m.exec(said.told) ?? [];
    expect(await (await fetch(page)).text()).toContain("<title>Local RDS Proxy</title>");
    expect(await stop()).toBe(0);
    await expect(fetch(page)).rejects.toThrow("fetch failed");
  });

  test("a program runs with the environment, and the command exits with its code", async () => {
    const { exitCode, said } = start("--upstream", upstreamUrl(engine), ...client(engine, "select 1", 7));
    expect(await exitCode).toBe(7);
    expect(said.told).toMatch(/^\d\d:\d\d:\d\d client 1 {4}A new client connected from 127\.0\.0\.1:\d+\.$/m);
    expect(said.written).toBe("");
  });

  test.each([
    [[], 0],
    [["--fail-on-pin"], 1],
  ])("with %j, a pinned session ends the command with code %i", async (flags, code) => {
    const statement = engine === "postgres" ? "set work_mem = '1MB'" : "set @a = 1";
    const { exitCode, said } = start(
      "--upstream",
      upstreamUrl(engine),
      ...flags,
      ...client(engine, statement, 0),
    );
    expect(await exitCode).toBe(code);
    expect(said.told).toMatch(/^\d\d:\d\d:\d\d client 1 {2}! The client session was pinned/m);
    expect(said.told.includes("1 session was pinned:\n  client 1: ")).toBe(code === 1);
  });

  test("faults apply to the next connections", async () => {
    const flags = ["--quiet", "--faults", "refused"];
    const { exitCode, said } = start(
      "--upstream",
      upstreamUrl(engine),
      ...flags,
      ...client(engine, "select 1", 0),
    );
    // The program's exit code for a failed login.
    expect(await exitCode).toBe(3);
    expect(said.told).toBe("");
  });
});

testOn("postgres", "a program without pinned sessions keeps its exit code", async () => {
  const flags = ["--quiet", "--fail-on-pin"];
  const { exitCode } = start(
    "--upstream",
    upstreamUrl("postgres"),
    ...flags,
    ...client("postgres", "select 1", 5),
  );
  expect(await exitCode).toBe(5);
});

testOn("postgres", "the command forwards its end to the program", async () => {
  const waits = "process.stdin.resume(); setInterval(() => {}, 1000)";
  const { said, stop } = start(
    "--upstream",
    "postgres://a@127.0.0.1:1",
    "--exec",
    "--",
    process.execPath,
    "-e",
    waits,
  );
  expect(await stop()).toBe(143);
  expect(said.written).toBe("");
});

testOn(
  "postgres",
  "without a server, the command starts and stops one",
  async () => {
    const { said, exitCode } = start("--quiet", ...client("postgres", "select 1", 0));
    expect(await exitCode).toBe(0);
    expect(said.told).toBe("Starting a private PostgreSQL ...\n");
  },
  120_000,
);

testOn("postgres", "help goes to standard output", async () => {
  const { said, exitCode } = start("--help");
  expect(await exitCode).toBe(0);
  expect(said).toEqual({ written: expect.stringMatching(/^Usage: rds-proxy-local/), told: "" });
});

describeOn("postgres", "errors are one line, before a server is started", () => {
  test.each([
    ["--prot 1", "Unknown option '--prot'."],
    ["--port 65536", "option port: expected a whole number from 0 to 65535, got 65536"],
    ["--authentication none", /option authentication: expected .* got 'none'/],
    ["--exec -- /nowhere/program", "--exec: could not run /nowhere/program: ENOENT."],
  ])("%s", async (line, message) => {
    const isRun = line.startsWith("--exec");
    const upstream = isRun ? ["--upstream", "postgres://a@127.0.0.1:1"] : [];
    const { said, exitCode } = start(...upstream, ...line.split(" "));
    expect(await exitCode).toBe(2);
    expect(said.written).toBe("");
    expect(said.told).toMatch(/^rds-proxy-local: .*\nAll flags: rds-proxy-local --help\n$/);
    expect(said.told).toMatch(message);
  });

  test.each(["port", "http"])("a busy --%s", async (flag) => {
    const busy = createServer();
    const port = await new Promise<number>((resolve) => {
      busy.listen(0, "127.0.0.1", () => resolve(Object(busy.address()).port));
    });
    onTestFinished(() => void busy.close());
    const { said, exitCode } = start("--upstream", "postgres://a@127.0.0.1:1", `--${flag}`, String(port));
    expect(await exitCode).toBe(2);
    expect(said.told).toContain(
      `--${flag}: port ${port} is in use. Choose another port, or 0 for any free port.`,
    );
  });
});
