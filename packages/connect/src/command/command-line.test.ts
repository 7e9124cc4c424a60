import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { isLoopback, parseCommandLine } from "./command-line.js";
import { flagList, helpText, namingFlags } from "./flags.js";
import { UsageError } from "./usage-error.js";

test("the README lists the flags as --help does", async () => {
  const page = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const lines = helpText
    .split("\n")
    .filter((line) => line.startsWith("  --") && !line.startsWith("  --help"));
  expect(lines).toHaveLength(flagList.length - 1);
  expect(page).toContain(lines.join("\n"));
});

test("no flags give the defaults", async () => {
  expect(await parseCommandLine([])).toMatchObject({
    engine: "postgres",
    listen: { host: "127.0.0.1", port: undefined, socket: undefined },
    needsPassword: true,
    program: undefined,
    printToken: false,
  });
  expect(await parseCommandLine(["--port", "1", "--help"])).toBe("help");
});

test("flags set the options of core, numbers as numbers", async () => {
  const flags =
    "--engine mariadb --host db --endpoint-port 13306 --user app --signing-host s --signing-port 3306 --secret id --timeout 9";
  expect(await parseCommandLine(flags.split(" "))).toMatchObject({
    engine: "mysql",
    options: {
      host: "db",
      port: 13_306,
      user: "app",
      signingHost: "s",
      signingPort: 3306,
      secret: { secretId: "id" },
      acquireTimeoutMs: 9,
    },
  });
  expect(await parseCommandLine(["--instance"])).toMatchObject({ options: { ssl: "Amazon RDS" } });
});

test("a relative path of a socket is resolved, since programs run in other folders", async () => {
  expect(await parseCommandLine(["--socket", "run"])).toMatchObject({ listen: { socket: resolve("run") } });
});

test.each([
  ["ssl.ca: expected a certificate.", "--ca-file: expected a certificate."],
  ["host: none. Set the option `host` or PGHOST.", "--host: none. Set --host or PGHOST."],
  ["Set `signingHost`, or `ssl.servername`.", "Set --signing-host, or `ssl.servername`."],
  ["PGPORT: expected a port.", "PGPORT: expected a port."],
])("%s becomes %s", (message, named) => {
  expect(namingFlags(message)).toBe(named);
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["0:0:0:0:0:0:0:1", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["::ffff:10.0.0.1", false],
  ["10.127.0.1", false],
])("only this machine reaches %s: %s", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

test("what follows -- is the program, flags of its own included", async () => {
  expect(await parseCommandLine(["--exec", "--", "psql", "--port", "x", "--", "-c"])).toMatchObject({
    listen: { port: undefined },
    program: ["psql", "--port", "x", "--", "-c"],
  });
});

describe("a wrong command line", () => {
  const rows: readonly (readonly [args: string, message: string])[] = [
    ["--hots x", "Unknown option '--hots'."],
    ["--host", "Option '--host <value>' argument missing."],
    ["psql", "Every value needs a flag, such as --host NAME, and a program follows --."],
    ["--", "Expected a program after --, such as -- npx sequelize-cli db:migrate."],
    ["--exec", "Expected a program after --, such as -- npx sequelize-cli db:migrate."],
    ["--engine oracle", '--engine: expected postgres, or mysql for MySQL and MariaDB, got "oracle".'],
    ["--port pg", '--port: expected a whole number from 0 to 65535, got "pg".'],
    ["--endpoint-port 0", '--endpoint-port: expected a whole number from 1 to 65535, got "0".'],
    ["--timeout 0", '--timeout: expected a whole number from 1 to 2147483647, got "0".'],
    ["--listen localhost", '--listen: expected an IP address of this machine, got "localhost".'],
    [
      "--listen 0.0.0.0 --no-password",
      "--no-password: other machines reach 0.0.0.0. Leave it out, or listen on 127.0.0.1.",
    ],
    ["--socket /tmp --listen ::1", "--socket: a Unix socket has no address. Leave out --listen."],
    ["--socket=", "--socket: expected a path, got none."],
    ["--engine mysql --socket run/s --port 1", "--port: MySQL's Unix sockets have no port. Leave it out."],
    ["--ca-file /", '--ca-file: expected a file with PEM certificates, got "/": it is a folder.'],
    [
      "--ca-file package.json",
      '--ca-file: expected a file with PEM certificates, got "package.json": it has none.',
    ],
    ["--yes", "--yes belongs to --print-token."],
    ["--print-token -- psql", "--print-token runs no program: leave it out, or what follows --."],
    [
      "--ca-file /nowhere.pem",
      '--ca-file: expected a file with PEM certificates, got "/nowhere.pem": it does not exist.',
    ],
    [
      "--ca-file /nowhere.pem --instance",
      "--instance: it trusts the roots of RDS. With --ca-file, put these into the file.",
    ],
  ];

  test.each(rows)("%s", async (args, message) => {
    await expect(parseCommandLine(args.split(" "))).rejects.toThrow(new UsageError(message));
  });
});
