import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import pg from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import { describeOn, testedEngines, testOn } from "../testing/tested-engines.js";
import { runCommand } from "./run-command.js";

/** A running command that can be stopped, and its output so far. */
function start(...args: readonly string[]): Started {
  return startWith({}, ...args);
}

interface Started {
  readonly exitCode: Promise<number>;
  readonly said: { written: string; told: string };
  stop(): Promise<number>;
}

/** The same, with more environment variables of the developer. */
function startWith(env: Readonly<Record<string, string | undefined>>, ...args: readonly string[]): Started {
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
    env: { PATH: process.env["PATH"], ...env },
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

describe.each([
  ["postgres", "postgres://app:x@127.0.0.1:1/shop", /^08000 Timed-out waiting to acquire/],
  ["mysql", "mysql://app:x@127.0.0.1:1/shop", /^9501 \(HY000\) Timed-out waiting to acquire/],
] as const)("%s: a database that is down", (engine, url, refusal) => {
  test("is reported at the start, to clients, in the metrics and on the page", async () => {
    const { said, exitCode } = start("--upstream", url, ...client(engine, "select 1", 0));
    expect(await exitCode).toBe(3);
    expect(said.told).toMatch(
      /^! The database at 127\.0\.0\.1:1 \(--upstream\) cannot be used: connect ECONNREFUSED 127\.0\.0\.1:1$/m,
    );
    const refused = said.told.split("The client connection was refused. Reason: ")[1] ?? "";
    expect(refused).toMatch(refusal);
    expect(refused).toContain("connect ECONNREFUSED 127.0.0.1:1");
  });

  test("is in the state and the metrics", async () => {
    const { said } = start("--upstream", url);
    await eventually(() => said.told.includes("Press Ctrl-C to stop."));
    const [, page = ""] = /Status page: (\S+)$/m.exec(said.told) ?? [];
    expect(await (await fetch(`${page}state`)).json()).toMatchObject({
      database: { isAvailable: false, failure: "connect ECONNREFUSED 127.0.0.1:1" },
    });
    expect(await (await fetch(`${page}metrics`)).text()).toContain("\nDatabaseAvailable 0\n");
  });
});

test.each(testedEngines)("%s: a database that refuses the login is reported at the start", async (engine) => {
  const code = engine === "postgres" ? "28P01" : "1045";
  const { host, port, user } = inject(engine);
  const { said } = start("--upstream", `${engine}://${user}:wrong@${host}:${port}/nowhere`);
  await eventually(() => said.told.includes("Press Ctrl-C to stop."));
  expect(said.told).toMatch(
    new RegExp(`^! The database at \\S+ \\(--upstream\\) cannot be used: ${code} `, "m"),
  );
});

testOn("postgres", "a missing database is reported at the start", async () => {
  const { host, port, user, password } = inject("postgres");
  const { said } = start("--upstream", `postgres://${user}:${password}@${host}:${port}/nowhere`);
  await eventually(() => said.told.includes("Press Ctrl-C to stop."));
  expect(said.told).toContain('database "nowhere" does not exist');
});

testOn("mysql", "a database that can be used is not mentioned", async () => {
  const { said } = start("--upstream", upstreamUrl("mysql"));
  await eventually(() => said.told.includes("Press Ctrl-C to stop."));
  expect(said.told).not.toContain("cannot be used");
});

testOn("postgres", "the developer's own certificates stay, and what is replaced is reported", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-own-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const own = join(folder, "own.pem");
  await writeFile(own, "-----BEGIN CERTIFICATE-----\nof a company\n-----END CERTIFICATE-----\n");
  const env = { NODE_EXTRA_CA_CERTS: own, AWS_ACCESS_KEY_ID: "AKIAMINE", AWS_REGION: "eu-north-1" };
  const { said, stop } = startWith(env, "--upstream", upstreamUrl("postgres"));
  await eventually(() => said.told.includes("Press Ctrl-C to stop."));
  const { NODE_EXTRA_CA_CERTS: file = "", AWS_REGION } = parseEnv(said.written.replaceAll("export ", ""));
  const certificates = await readFile(file, "utf8");
  expect(certificates).toContain("of a company");
  expect(certificates.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(AWS_REGION).toBe("eu-north-1");
  expect(said.told).toMatch(/^Replaces what you have set: AWS_ACCESS_KEY_ID\.$/m);
  expect(said.told).toContain(`NODE_EXTRA_CA_CERTS includes your own certificates, from ${own}.`);
  await stop();
  await expect(readFile(file)).rejects.toThrow("ENOENT");
});

testOn(
  "postgres",
  "a file has the environment, from which --print-token signs a token that the proxy accepts",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "rds-proxy-own-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [environmentFile, caFile] = [join(folder, "proxy.env"), join(folder, "ca.pem")];
    const flags = ["--environment-file", environmentFile, "--ca-file", caFile];
    const { said, stop } = start("--upstream", upstreamUrl("postgres"), ...flags);
    await eventually(() => said.told.includes("Press Ctrl-C to stop."));
    expect((await stat(environmentFile)).mode & 0o777).toBe(0o600);
    const {
      RDS_PROXY_ENDPOINT = "",
      RDS_PROXY_USER = "",
      RDS_PROXY_DATABASE = "",
      NODE_EXTRA_CA_CERTS,
    } = parseEnv(await readFile(environmentFile, "utf8"));
    expect(NODE_EXTRA_CA_CERTS).toBe(caFile);
    const printed = start("--print-token", "--environment-file", environmentFile);
    expect(await printed.exitCode).toBe(0);
    const [host, port] = RDS_PROXY_ENDPOINT.split(":");
    const database = new pg.Client({
      host: host ?? "",
      port: Number(port),
      user: RDS_PROXY_USER,
      database: RDS_PROXY_DATABASE,
      password: printed.said.written.trimEnd(),
      ssl: { ca: await readFile(caFile, "utf8") },
    });
    await database.connect();
    await database.end();
    await stop();
    await expect(readFile(environmentFile)).rejects.toThrow("ENOENT");
  },
);

test("a missing variable of --print-token is named", async () => {
  const { said, exitCode } = start("--print-token");
  expect(await exitCode).toBe(2);
  expect(said.told).toContain("--print-token: AWS_ACCESS_KEY_ID is missing: set what the proxy printed");
});

testOn(
  "mysql",
  "--output docker is for a container: the machine's name, and the certificate's path there",
  async () => {
    const { said } = start("--upstream", upstreamUrl("mysql"), "--listen", "0.0.0.0", "--output", "docker");
    await eventually(() => said.told.includes("Press Ctrl-C to stop."));
    expect(said.written).toMatch(/^RDS_PROXY_ENDPOINT=host\.docker\.internal:\d+$/m);
    expect(said.written).toMatch(/^NODE_EXTRA_CA_CERTS=\/run\/rds-proxy-local\/ca\.pem$/m);
  },
);

testOn("postgres", "other machines reach the proxy by a name that its certificate has", async () => {
  const names = ["--listen", "0.0.0.0", "--name", "db.test"];
  const { said } = start("--upstream", upstreamUrl("postgres"), ...names, "--output", "dotenv");
  await eventually(() => said.told.includes("Press Ctrl-C to stop."));
  const variables = parseEnv(said.written);
  const [host, port] = variables["RDS_PROXY_ENDPOINT"]?.split(":") ?? [];
  expect(host).toBe("db.test");
  expect(variables["RDS_PROXY_READER_ENDPOINT"]).toBe(`db.test:${port}`);
  const printed = startWith({ ...variables }, "--print-token");
  expect(await printed.exitCode).toBe(0);
  const database = new pg.Client({
    // What the name stands for on another machine.
    host: "127.0.0.1",
    port: Number(port),
    user: variables["RDS_PROXY_USER"] ?? "",
    password: printed.said.written.trimEnd(),
    ssl: { ca: await readFile(variables["NODE_EXTRA_CA_CERTS"] ?? "", "utf8"), servername: "db.test" },
    database: variables["RDS_PROXY_DATABASE"] ?? "",
  });
  await database.connect();
  await database.end();
});

testOn("postgres", "in password mode, the environment has the password", async () => {
  const { said } = start("--upstream", upstreamUrl("postgres"), "--authentication", "password");
  await eventually(() => said.told.includes("Press Ctrl-C to stop."));
  expect(parseEnv(said.written.replaceAll("export ", ""))["PGPASSWORD"]).toBe(inject("postgres").password);
});

test("--version is the package's", async () => {
  const { said, exitCode } = start("--version");
  expect(await exitCode).toBe(0);
  expect(said.written).toMatch(/^\d+\.\d+\.\d+\n$/);
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
    const upstream = isRun ? ["--upstream", upstreamUrl("postgres")] : [];
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
