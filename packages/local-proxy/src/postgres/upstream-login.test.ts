import { createServer } from "node:net";
import { describe, expect, inject, test } from "vitest";
import { connectClient, loginFailure } from "../testing/proxied-client.js";
import { startRefusingServer } from "../testing/refusing-server.js";
import { scriptedFatal } from "../testing/scripted-postgres-server.js";
import { startForTest } from "../testing/start-for-test.js";

test("an unknown database gets RDS Proxy's error text", async () => {
  const proxy = await startForTest();
  expect(await loginFailure(proxy, { database: "nowhere" })).toEqual({
    severity: "FATAL",
    code: "XX000",
    message: 'Request returned an error: database "nowhere" does not exist',
  });
  expect(proxy.metrics()).toMatchObject({
    DatabaseConnectionsSetupFailed: 1,
    DatabaseConnectionsCurrentlyBorrowed: 0,
  });
});

test("a wrong password in a secret gets RDS Proxy's error text, and is named in the log", async () => {
  const log: string[] = [];
  const upstream = { ...inject("postgres"), password: "wrong" };
  const proxy = await startForTest({ upstream, log: (line) => log.push(line) });
  const text = `password authentication failed for user "${upstream.user}"`;
  expect(await loginFailure(proxy)).toEqual({
    severity: "FATAL",
    code: "XX000",
    message: `Request returned an error: ${text}`,
  });
  expect(log.join("\n")).toContain(
    `The proxy's login at the database as ${upstream.user} failed. Reason: 28P01 ${text}`,
  );
  expect(proxy.metrics()).toMatchObject({ TokensVerified: 1, ClientConnectionsSetupFailedAuth: 0 });
});

test("a role's connection limit is RDS Proxy's error of its own database connection", async () => {
  const direct = await startForTest();
  const admin = await connectClient(direct);
  await admin.query("create role local_proxy_limited login password 'limited' connection limit 0");
  const upstream = { ...inject("postgres"), user: "local_proxy_limited", password: "limited" };
  const proxy = await startForTest({ upstream });
  expect(await loginFailure(proxy)).toMatchObject({
    code: "XX000",
    message: 'Request returned an error: too many connections for role "local_proxy_limited"',
  });
  await admin.query("drop role local_proxy_limited");
  await admin.end();
});

test("logins wait for an unreachable server until the borrow timeout", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => free.once("listening", resolve));
  const address = free.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  await new Promise((resolve) => free.close(resolve));
  const proxy = await startForTest({ upstream: { ...inject("postgres"), port }, borrowTimeoutMs: 120 });
  expect(await loginFailure(proxy)).toMatchObject({
    code: "08000",
    message: "Timed-out waiting to acquire database connection.",
  });
});

describe("a database that restarts", () => {
  const refusal = scriptedFatal("57P03", "the database system is starting up");

  test("keeps clients waiting", async () => {
    const upstream = await startRefusingServer(inject("postgres"), { refusal, times: 3 });
    const proxy = await startForTest({ upstream });
    const client = await connectClient(proxy);
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await client.end();
    expect(proxy.metrics()).toMatchObject({ DatabaseConnectionsSetupFailed: 3, DatabaseAvailable: 1 });
  });

  test("is the error of a borrow timeout in the end, with the reason if clients are not to wait", async () => {
    const upstream = await startRefusingServer(inject("postgres"), {
      refusal,
      times: Number.POSITIVE_INFINITY,
    });
    const waiting = await startForTest({ upstream, borrowTimeoutMs: 120 });
    const message = "Timed-out waiting to acquire database connection.";
    expect(await loginFailure(waiting)).toMatchObject({ code: "08000", message });
    const refusing = await startForTest({ upstream, unreachableDatabase: "refuse" });
    expect(await loginFailure(refusing)).toMatchObject({
      code: "08000",
      message: `${message} The local proxy has not reached its database yet: 57P03 the database system is starting up`,
    });
  });
});
