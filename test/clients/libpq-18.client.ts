import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { libpqEnvironment } from "./proxies.js";
import { obtainPsql18, openPsql, type Program } from "./psql-18.js";
import { runProgram } from "./run-program.js";

let psql: Program;
beforeAll(async () => {
  psql = await obtainPsql18();
}, 300_000);

async function proxyWith(options: Partial<LocalProxyOptions>): Promise<LocalProxy> {
  const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Runs `\conninfo`; resolves with its rows, or with libpq's error. */
async function connectionInfo(
  options: LocalProxyOptions["postgres"],
  settings: Readonly<Record<string, string>>,
  isFailing = false,
): Promise<string> {
  const [command, ...args] = psql;
  const env = { ...(await libpqEnvironment(await proxyWith({ postgres: options }))), ...settings };
  const { stdout, stderr } = await runProgram(command, [...args, "-X", "-A", "-t", "-c", "\\conninfo"], {
    env,
    isFailing,
  });
  return stdout + stderr;
}

describe("protocol 3.2", () => {
  const latest = { PGMAXPROTOCOLVERSION: "latest" };

  test("is refused as RDS Proxy documents", async () => {
    expect(await connectionInfo({}, latest, true)).toContain(
      "FATAL:  Feature not supported: RDS Proxy supports only version 3.0 of the PostgreSQL messaging protocol.",
    );
  });

  test('with "negotiate" it becomes 3.0', async () => {
    expect(await connectionInfo({ newerProtocol: "negotiate" }, latest)).toContain("Protocol Version|3.0");
  });

  test('with "negotiate", a client that needs it gives up', async () => {
    const needed = { ...latest, PGMINPROTOCOLVERSION: "3.2" };
    expect(await connectionInfo({ newerProtocol: "negotiate" }, needed, true)).toContain("3.0");
  });

  test('with "accept" it is spoken', async () => {
    expect(await connectionInfo({ newerProtocol: "accept" }, latest)).toContain("Protocol Version|3.2");
  });
});

describe("sslnegotiation=direct", () => {
  const direct = { PGSSLNEGOTIATION: "direct" };

  test("connects where the proxy allows it", async () => {
    const info = await connectionInfo({ directTls: true }, direct);
    expect(info).toContain("ALPN|postgresql");
    expect(await connectionInfo({ directTls: true }, {})).toContain("ALPN|none");
  });

  test("is refused by default", async () => {
    expect(await connectionInfo({}, direct, true)).toContain("SSL error");
  });
});

describe("an unnamed statement of PQprepare, executed after another client has prepared its own", () => {
  const outcomes: readonly (readonly [NonNullable<LocalProxyOptions["unnamedStatement"]>, string])[] = [
    ["prepare", "mine 1"],
    ["pin", "mine 1"],
    ["refuse", "ERROR:  unnamed prepared statement does not exist"],
  ];

  test.each(outcomes)("with %s it answers: %s", async (unnamedStatement, answer) => {
    const proxy = await proxyWith({ unnamedStatement, maxConnections: 1 });
    const env = await libpqEnvironment(proxy);
    const [mine, other] = [openPsql(psql, env), openPsql(psql, env)];
    expect(await mine.run("select 'mine ' || $1 \\parse ''")).toBe("");
    expect(await other.run("select 'not mine ' || $1 \\parse ''")).toBe("");
    expect(await mine.run("\\bind_named '' 1 \\g")).toBe(answer);
  });
});
