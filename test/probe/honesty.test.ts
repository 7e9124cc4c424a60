import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type ProbeReport, probe } from "@rds-proxy/doctor";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { KEY } from "../support/doctor.js";
import { describeOn, testedEngines } from "../support/tested-engines.js";
import { startTlsFront } from "../support/tls-front.js";
import { probeLocally } from "./check-settings.js";

describeOn("postgres", "PostgreSQL", () => {
  test("an instance is not an RDS Proxy, and gets no token", async () => {
    const server = inject("postgres");
    const { port, ca } = await startTlsFront(server);
    const report = await probe({
      host: "localhost",
      port,
      user: server.user,
      database: "postgres",
      region: "us-east-1",
      credentials: KEY,
      ssl: { ca },
    });
    expect(report).toMatchObject({
      outcome: "not an RDS Proxy",
      problem: "RDS Proxy refuses the startup parameter statement_timeout; this server accepted it",
      results: [],
      connections: 1,
    });
    expect(report).not.toHaveProperty("profile");
  });
});

describeOn("mysql", "MySQL", () => {
  test("an instance is not an RDS Proxy", async () => {
    const { host, port, user } = inject("mysql");
    const report = await probe({ engine: "mysql", host, port, user, region: "us-east-1", credentials: KEY });
    expect(report).toMatchObject({ outcome: "not an RDS Proxy", results: [], connections: 1 });
    expect(report.problem).toMatch(/this server (answered 1045 with another text|went on with the login)$/);
    expect(report).not.toHaveProperty("profile");
  });

  test("a proxy that does not require TLS is known by its refusal", async () => {
    const { outcome } = await probeLocally({ engine: "mysql", upstream: inject("mysql"), requireTls: false });
    expect(outcome).toBe("probed");
  }, 120_000);
});

describe.each(testedEngines)("%s", (engine) => {
  test.each([{ multiplexing: false }, { pinning: { statementLimit: 20 } }])(
    "with %o, nothing is said of pinning",
    async (options) => {
      const { outcome, profile } = await probeLocally({ engine, upstream: inject(engine), ...options });
      expect(outcome).toBe("probed");
      expect(profile?.settings).toMatchObject({ tokenLifetime: "fixed" });
      expect(profile?.settings).not.toHaveProperty("pinning");
      expect(profile?.settings).not.toHaveProperty("unnamedStatement");
      expect(profile?.undecided).toMatchObject({
        "pinning.statementLimit": expect.stringContaining("keep their database connections"),
      });
    },
    120_000,
  );

  test("where short statements pin, nothing is said of what else pins", async () => {
    const pinning = { statementLimit: 300 };
    const { profile } = await probeLocally({ engine, upstream: inject(engine), pinning });
    expect(profile?.settings).not.toHaveProperty("pinning");
    expect(profile?.undecided["pinning.statementLimit"]).toMatch(/^a statement of 512 bytes pins already/);
  }, 120_000);

  test("with two connections, what pins is not decided", async () => {
    const report = await probeAt(engine, { maxConnections: 2 });
    expect(report.profile?.undecided["pinning.statementLimit"]).toBe(
      "pinning cannot be seen with fewer than 3 connections",
    );
  }, 120_000);

  test("what the time limit leaves over is not decided", async () => {
    const report = await probeAt(engine, { timeoutMs: 1 });
    expect(report).toMatchObject({ outcome: "failed" });
    expect(report).not.toHaveProperty("profile");
  });

  test("a token that is refused is a failure", async () => {
    const report = await probeAt(engine, { credentials: KEY });
    expect(report).toMatchObject({ outcome: "failed", problem: expect.stringContaining("localhost") });
    expect(report).not.toHaveProperty("profile");
  });

  test("no more connections are open at a time than allowed", async () => {
    const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
    onTestFinished(() => proxy.close());
    const relay = await startCountingRelay(proxy.port);
    const { connections } = await probe({
      ...proxy.connectionOptions,
      engine,
      port: relay.port,
      signingPort: proxy.port,
      maxConnections: 3,
    });
    expect(connections).toBeGreaterThan(10);
    expect(relay.most()).toBe(3);
  }, 120_000);
});

async function probeAt(
  engine: (typeof testedEngines)[number],
  options: Parameters<typeof probe>[0],
): Promise<ProbeReport> {
  const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
  onTestFinished(() => proxy.close());
  return await probe({ ...proxy.connectionOptions, engine, ...options });
}

/** A way to the proxy that counts how many connections are open at a time. */
async function startCountingRelay(proxyPort: number): Promise<{ port: number; most(): number }> {
  const open = new Set<Socket>();
  let most = 0;
  const relay = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect(proxyPort, "127.0.0.1");
    for (const socket of [client, server]) socket.on("error", () => undefined);
    client.pipe(server).pipe(client);
    client.once("end", () => open.delete(client));
    client.once("close", () => open.delete(client));
    // Another's end that came before is seen by then.
    setImmediate(() => {
      if (!client.readableEnded) open.add(client);
      most = Math.max(most, open.size);
    });
  });
  await once(relay.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void relay.close());
  const address = relay.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return { port: address.port, most: () => most };
}
