import { inspect } from "node:util";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";
import { stopDate } from "./settable-date.js";

const MINUTES = 60_000;

export function login<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);
  test("an invocation gets a working connection", async () => {
    const { invoke } = await createEnvironment(harness);
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });

  test("each connection logs in with its own token, even after the first has expired", async () => {
    const date = stopDate();
    const { proxy, clientConnectionId } = await createEnvironment(harness);
    const first = await clientConnectionId();

    date.advance(20 * MINUTES);
    proxy.faults.killConnections("fin");
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    const second = await clientConnectionId();
    date.restore();

    expect(second).not.toBe(first);
    expect(proxy.metrics()).toMatchObject({ TokensVerified: 2, DistinctTokens: 2, TokensRefused: {} });
  });

  test("a connection stays usable after its token has expired", async () => {
    const date = stopDate();
    const { proxy, clientConnectionId } = await createEnvironment(harness);
    const first = await clientConnectionId();
    date.advance(20 * MINUTES);
    const second = await clientConnectionId();
    date.restore();

    expect(second).toBe(first);
    expect(proxy.metrics().TokensVerified).toBe(1);
  });

  test("a refused login is retried once with a new token", async () => {
    const { proxy, invoke } = await createEnvironment(harness);
    proxy.faults.failConnects("refused");
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 2, DistinctTokens: 2 });
  });

  test("a login that is refused twice fails with all details of the login except the token", async () => {
    const { proxy, invoke } = await createEnvironment(harness, {}, { deniedUsers: [harness.user] });
    const error = await invoke(({ query }) => query("select 1")).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      name: "RdsProxyError",
      code: "RDS_PROXY_AUTHENTICATION_FAILED",
      attempts: 2,
    });
    const { message } = error as Error;
    const { environment } = proxy;
    expect(message).toContain(`Signed for localhost:${proxy.port}, region us-east-1`);
    expect(message).toContain(environment["AWS_ACCESS_KEY_ID"]);
    expect(message).toMatch(/token age 0\.\d s/);
    expect(message).toMatch(/temporary credentials .* without a known expiry/);
    expect(message).toMatch(/TLS: chain and name verified for localhost/);
    expect(message).toContain("rds-db:connect");
    const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    expect(shown).not.toContain("X-Amz-Signature");
    expect(shown).not.toContain(environment["AWS_SECRET_ACCESS_KEY"]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  });

  test("a refusal that does not depend on the token is not retried", async () => {
    const { proxy, invoke } = await createEnvironment(harness, { database: "there_is_no_such_database" });
    await expect(invoke(async () => undefined)).rejects.toMatchObject({
      code: "RDS_PROXY_REFUSED",
      attempts: 1,
      message: expect.stringMatching(/there_is_no_such_database.*RDS_PROXY_DATABASE/),
    });
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("a credential provider without an answer is not reported as a silent server", async () => {
    const { invoke } = await createEnvironment(harness, { credentials: () => new Promise(() => undefined) });
    await expect(invoke(async () => undefined, { remainingMs: 4000 })).rejects.toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      message: expect.stringMatching(/did not answer in \d\.\d s/),
    });
  });

  test("a server with an untrusted certificate never receives the token", async () => {
    const otherProxy = await startLocalProxy({
      engine: "postgres",
      upstream: { host: "127.0.0.1", port: 1, user: "x" },
    });
    const { proxy, invoke } = await createEnvironment(harness, { ssl: { ca: otherProxy.ca } });
    await otherProxy.close();
    await expect(invoke(async () => undefined)).rejects.toMatchObject({
      code: "RDS_PROXY_TLS",
      attempts: 1,
      message: expect.stringMatching(/NODE_EXTRA_CA_CERTS/),
    });
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, DistinctTokens: 0 });
  });

  test("a certificate for another name is rejected", async () => {
    const { proxy, invoke } = await createEnvironment(harness, { signingHost: "other.example.com" });
    await expect(invoke(async () => undefined)).rejects.toMatchObject({ code: "RDS_PROXY_TLS", attempts: 1 });
    expect(proxy.metrics().DistinctTokens).toBe(0);
  });

  test("through a tunnel, token and certificate are for the real endpoint", async () => {
    const endpoint = "orders.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com";
    const { proxy, invoke } = await createEnvironment(
      harness,
      { signingHost: endpoint },
      { endpointNames: [endpoint] },
    );
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics().TokensVerified).toBe(1);
  });

  test("no property that a handler can read contains the token", async () => {
    const { invoke } = await createEnvironment(harness);
    const shown = await invoke(async ({ db, query }) => {
      await query("select 1");
      return inspect(db, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    });
    expect(shown).not.toContain("X-Amz-Signature");
  });
}
