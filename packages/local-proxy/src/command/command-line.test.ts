import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Command, parseCommandLine } from "./command-line.js";
import { flagList, helpText } from "./flags.js";
import { UsageError } from "./usage-error.js";

const ofNothing: Command = {
  engine: "postgres",
  upstream: undefined,
  options: {},
  httpPort: 0,
  faults: [],
  failOnPin: false,
  isQuiet: false,
  output: undefined,
  environmentFile: undefined,
  caFile: undefined,
  program: undefined,
};

/** Writes a configuration file with this content. */
async function configuration(content: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-local-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "proxy.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

test("no arguments give the defaults", async () => {
  expect(await parseCommandLine([])).toEqual(ofNothing);
});

test("flags set options of the proxy, numbers as numbers", async () => {
  const flags =
    "--port 6000 --max-connections 20 --borrow-timeout 0 --region eu-west-1 --target-role read-only";
  expect(await parseCommandLine(flags.split(" "))).toEqual({
    ...ofNothing,
    options: {
      port: 6000,
      maxConnections: 20,
      borrowTimeoutMs: 0,
      region: "eu-west-1",
      targetRole: "read-only",
    },
  });
});

test("the rest of the flags", async () => {
  const flags =
    "--engine mysql --http off --faults exhausted:3,starting --fail-on-pin --quiet --exec -- node a --b";
  expect(await parseCommandLine(flags.split(" "))).toEqual({
    ...ofNothing,
    engine: "mysql",
    httpPort: undefined,
    faults: [
      { fault: "exhausted", times: 3 },
      { fault: "starting", times: 1 },
    ],
    failOnPin: true,
    isQuiet: true,
    program: ["node", "a", "--b"],
  });
});

test("a URL gives the server and the engine", async () => {
  expect(await parseCommandLine(["--upstream", "mariadb://a%40b:s%3A1@db.internal/shop"])).toEqual({
    ...ofNothing,
    engine: "mysql",
    upstream: { host: "db.internal", port: 3306, user: "a@b", password: "s:1", database: "shop" },
  });
  expect(await parseCommandLine(["--upstream", "postgresql://app@[::1]:5433"])).toEqual({
    ...ofNothing,
    upstream: { host: "::1", port: 5433, user: "app" },
  });
});

test("flags override the file", async () => {
  const upstream = { host: "127.0.0.1", port: 3306, user: "app" };
  const file = await configuration({
    engine: "mysql",
    upstream,
    http: "off",
    faults: "exhausted",
    failOnPin: true,
    maxConnections: 5,
    region: "eu-west-1",
    pinning: { filters: ["EXCLUDE_VARIABLE_SETS"] },
  });
  expect(await parseCommandLine(["--config", file, "--region", "us-west-2", "--http", "8080"])).toEqual({
    ...ofNothing,
    engine: "mysql",
    upstream,
    httpPort: 8080,
    faults: [{ fault: "exhausted", times: 1 }],
    failOnPin: true,
    options: {
      maxConnections: 5,
      region: "us-west-2",
      pinning: { filters: ["EXCLUDE_VARIABLE_SETS"] },
    },
  });
});

test("a profile is read, and decides the engine where nothing else does", async () => {
  const profile = { format: "rds-proxy-profile", version: 1, engine: "mysql", settings: {} };
  const file = await configuration(profile);
  expect(await parseCommandLine(["--profile", file])).toEqual({
    ...ofNothing,
    engine: "mysql",
    options: { profile },
  });
  expect(await parseCommandLine(["--profile", file, "--engine", "postgres"])).toMatchObject({
    engine: "postgres",
  });
});

test("every flag is in the help", async () => {
  expect(await parseCommandLine(["--help", "--port", "1"])).toEqual({ kind: "help" });
  expect(await parseCommandLine(["-h"])).toEqual({ kind: "help" });
  for (const [name] of flagList) expect(helpText).toContain(`  --${name}`);
});

test("MariaDB is an engine of its own name", async () => {
  expect(await parseCommandLine(["--engine", "mariadb"])).toEqual({ ...ofNothing, engine: "mysql" });
  const url = ["--engine", "mariadb", "--upstream", "mysql://a@b"];
  expect(await parseCommandLine(url)).toMatchObject({ engine: "mysql", upstream: { host: "b" } });
  const file = await configuration({ engine: "mariadb" });
  expect(await parseCommandLine(["--config", file])).toEqual({ ...ofNothing, engine: "mysql" });
});

test("flags for containers and other machines", async () => {
  const flags =
    "--listen 0.0.0.0 --name host.docker.internal,db.test --output docker --environment-file e --ca-file c.pem";
  expect(await parseCommandLine(flags.split(" "))).toEqual({
    ...ofNothing,
    options: { listen: "0.0.0.0", endpointNames: ["host.docker.internal", "db.test"] },
    output: "docker",
    environmentFile: "e",
    caFile: "c.pem",
  });
  const token = ["--print-token", "--environment-file", "e"];
  expect(await parseCommandLine(token)).toEqual({ kind: "token", environmentFile: "e" });
});

describe("errors name the wrong part", () => {
  test.each([
    ["--prot 1", "Unknown option '--prot'. Did you mean --port?"],
    ["--xyzzy", /Unknown option '--xyzzy'\.$/],
    ["--output zsh", '--output: expected bash, fish, powershell, dotenv, docker, sam, got "zsh".'],
    ["--port", "Option '--port <value>' argument missing."],
    ["--fail-on-pin=yes", "Option '--fail-on-pin' does not take an argument."],
    ["--port none", '--port: expected a whole number, got "none".'],
    ["--borrow-timeout 1.5", '--borrow-timeout: expected a whole number, got "1.5".'],
    ["--http 65536", '--http: expected a whole number up to 65535, got "65536".'],
    ["--engine oracle", '--engine: expected postgres, mysql or mariadb, got "oracle".'],
    [
      "--engine mysql --upstream postgres://a@b",
      "--upstream: expected mysql://, as --engine says, got postgres://.",
    ],
    [
      "--upstream nowhere",
      "--upstream: expected postgres://user:password@host:port/database, or mysql://....",
    ],
    ["--upstream http://a:secret@b", /^--upstream: expected .* got http:\/\/\.$/],
    ["--upstream mysql://b:3306", /^--upstream: expected .*; the user is missing\.$/],
    ["--upstream postgres://%zz@b", /^--upstream: expected .*; the URL has an invalid percent-encoding\.$/],
    ["--faults gone", /^--faults: expected one of exhausted, .*, got "gone"\.$/],
    ["--faults exhausted:0", '--faults: expected a count from 1, such as exhausted:3, got "exhausted:0".'],
    ["--exec", "--exec: expected a program after --, such as --exec -- node app.js."],
    ["node app.js", 'Unexpected argument "node". To run a program: --exec -- node app.js'],
    ["--config /nowhere.json", /^--config: ENOENT: no such file/],
    ["--profile /nowhere.json", /^--profile: ENOENT: no such file/],
  ])("%s", async (line, message) => {
    const parsing = parseCommandLine(line.split(" "));
    await expect(parsing).rejects.toThrow(UsageError);
    await expect(parsing).rejects.toThrow(message);
    await expect(parsing).rejects.not.toThrow("secret");
  });

  test.each([
    ["{", /invalid JSON: /],
    ["[]", /expected a JSON object\.$/],
    [{ borrowTimeoutMS: 5 }, /there is no option "borrowTimeoutMS"\. Did you mean borrowTimeoutMs\?$/],
    [{ fautls: "x" }, /there is no option "fautls"\. Did you mean faults\?$/],
    [{ nothingLikeIt: 1 }, /there is no option "nothingLikeIt"\. The options are engine, .*, failOnPin\.$/],
    [{ log: "x" }, /log cannot be set in a file\.$/],
    [{ engine: "oracle" }, /engine: expected "postgres" or "mysql", got "oracle"\.$/],
    [{ http: "on" }, /http: expected a port or "off", got "on"\.$/],
    [{ faults: 3 }, /faults: expected a string as for --faults, got 3\.$/],
    [{ failOnPin: "yes" }, /failOnPin: expected true or false, got "yes"\.$/],
    [{ upstream: "postgres://a@b" }, /upstream: expected \{ host, port, user, password\?, database\? \}\.$/],
  ])("a file with %j", async (content, message) => {
    const parsing = parseCommandLine(["--config", await configuration(content)]);
    await expect(parsing).rejects.toThrow(UsageError);
    await expect(parsing).rejects.toThrow(message);
  });
});
