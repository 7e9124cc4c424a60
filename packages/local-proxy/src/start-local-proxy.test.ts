import { execFile } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { startLocalProxy } from "./index.js";
import { eventually } from "./testing/eventually.js";
import { connectClient, createClient, loginFailure } from "./testing/proxied-client.js";
import { RawClient } from "./testing/raw-client.js";
import { signToken } from "./testing/sign-token.js";
import { startForTest } from "./testing/start-for-test.js";

const refused = {
  severity: "FATAL",
  code: "28P01",
  message: `The IAM authentication failed for the role ${inject("postgres").user}. Check the IAM token for this role and try again.`,
};

test("a real client logs in with a token of AWS's signer and talks to the real server", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  const { rows } = await client.query("select $1::int + 1 as sum, current_user as user", [41]);
  expect(rows).toEqual([{ sum: 42, user: inject("postgres").user }]);
  await client.end();
  expect(client.errors).toEqual([]);
});

test("its environment is enough for a client", async () => {
  const proxy = await startForTest({ region: "eu-west-3" });
  expect(proxy.environment).toEqual({
    RDS_PROXY_ENDPOINT: `localhost:${proxy.port}`,
    RDS_PROXY_READER_ENDPOINT: `localhost:${proxy.port}`,
    RDS_PROXY_USER: inject("postgres").user,
    RDS_PROXY_DATABASE: inject("postgres").database,
    AWS_REGION: "eu-west-3",
    AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
    AWS_SECRET_ACCESS_KEY: expect.any(String),
    AWS_SESSION_TOKEN: expect.any(String),
    NODE_EXTRA_CA_CERTS: proxy.caFile,
  });
  expect(await readFile(proxy.caFile, "utf8")).toBe(proxy.ca);
});

test("a key without a session token leaves that variable out", async () => {
  const proxy = await startForTest({ credentials: [{ accessKeyId: "AKIAFIXED", secretAccessKey: "s" }] });
  expect(proxy.environment).not.toHaveProperty("AWS_SESSION_TOKEN");
  await (await connectClient(proxy)).end();
});

test("a client that does not trust the certificate authority refuses to connect", async () => {
  const proxy = await startForTest();
  expect(await loginFailure(proxy, { config: { ssl: true } })).toMatchObject({
    code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  });
});

test("the certificate covers the address and every endpoint name, and no other name", async () => {
  const name = "app.proxy-abc.us-east-1.rds.amazonaws.com";
  const proxy = await startForTest({ endpointNames: [name] });
  await (
    await connectClient(proxy, { config: { host: "127.0.0.1" }, token: { hostname: "127.0.0.1" } })
  ).end();
  const client = await RawClient.connect(proxy);
  await client.startTls({ servername: name });
  client.destroy();
  const stranger = await RawClient.connect(proxy);
  await expect(stranger.startTls({ servername: "other.example" })).rejects.toMatchObject({
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  });
});

test("a token may be signed for an endpoint name, with the default port or the listening port", async () => {
  const hostname = "app.proxy-abc.us-east-1.rds.amazonaws.com";
  const proxy = await startForTest({ endpointNames: [hostname] });
  await (await connectClient(proxy, { token: { hostname } })).end();
  await (await connectClient(proxy, { token: { hostname, port: 5432 } })).end();
});

test.each<[string, Parameters<typeof signToken>[1]]>([
  ["wrong-host", { hostname: "other.example" }],
  ["wrong-host", { port: 5432 }],
  ["wrong-user", { username: "other" }],
  ["wrong-region", { region: "eu-west-1" }],
])("a token with a %s is refused, and only log and metrics say why", async (fault, token = {}) => {
  const log: string[] = [];
  const proxy = await startForTest({ log: (line) => log.push(line) });
  expect(await loginFailure(proxy, { token })).toEqual(refused);
  expect(proxy.metrics()).toMatchObject({
    TokensRefused: { [fault]: 1 },
    ClientConnectionsSetupFailedAuth: 1,
  });
  expect(log.join("\n")).toContain(
    `[INFO] [proxyEndpoint=default] [clientConnection=1] Proxy authentication with IAM authentication failed for user "${inject("postgres").user}" with TLS on. Reason: ${fault}.`,
  );
});

test("a password that is not a token is refused", async () => {
  const proxy = await startForTest();
  expect(await loginFailure(proxy, { password: inject("postgres").password })).toEqual(refused);
  expect(proxy.metrics().TokensRefused).toEqual({ malformed: 1 });
});

test("a token is valid for 900 seconds of the proxy's clock", async () => {
  let nowMs = 0;
  const proxy = await startForTest({ now: () => nowMs });
  const token = await signToken(proxy);
  const [, date = "", time = ""] = /X-Amz-Date=(\d{8})T(\d{6})Z/.exec(token) ?? [];
  const signedAt = `${date.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`;
  nowMs = Date.parse(signedAt) + 900_000;
  await (await connectClient(proxy, { password: token })).end();
  nowMs += 1;
  expect(await loginFailure(proxy, { password: token })).toEqual(refused);
  expect(proxy.metrics()).toMatchObject({ TokensRefused: { expired: 1 }, DistinctTokens: 1 });
});

test("a user whose policy lacks rds-db:connect gets the error of an invalid token", async () => {
  const proxy = await startForTest({ deniedUsers: [inject("postgres").user] });
  expect(await loginFailure(proxy)).toEqual(refused);
  expect(proxy.metrics().TokensRefused).toEqual({ denied: 1 });
});

test("replacing the keys invalidates old tokens, and does not affect sessions", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  const oldToken = await signToken(proxy);
  const { accessKeyId } = proxy.rotateCredentials();
  expect(proxy.environment["AWS_ACCESS_KEY_ID"]).toBe(accessKeyId);
  expect(await loginFailure(proxy, { password: oldToken })).toEqual(refused);
  await (await connectClient(proxy)).end();
  proxy.setCredentials([{ accessKeyId: "AKIANEW", secretAccessKey: "new" }]);
  await (await connectClient(proxy)).end();
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await client.end();
});

test("each client user logs in at the server with its own secret", async () => {
  const { user, password } = inject("postgres");
  const proxy = await startForTest({ user: "web", users: { batch: { user, password } } });
  for (const name of ["web", "batch"]) {
    const client = await connectClient(proxy, { user: name });
    expect((await client.query("select current_user as user")).rows).toEqual([{ user }]);
    await client.end();
  }
});

test("clients beyond the maximum wait, first come, first served", async () => {
  const proxy = await startForTest({ maxConnections: 1 });
  const holder = await connectClient(proxy);
  await holder.query("begin");
  const served: number[] = [];
  const waiting: Promise<void>[] = [];
  for (const turn of [1, 2, 3]) {
    const client = createClient(proxy);
    const login = client.connect().then(async () => {
      served.push(turn);
      await client.end();
    });
    waiting.push(login);
    await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === turn);
  }
  expect(proxy.metrics()).toMatchObject({ DatabaseConnections: 1, ClientConnections: 4 });
  await holder.end();
  await Promise.all(waiting);
  expect(served).toEqual([1, 2, 3]);
});

test("a client beyond the maximum gets 08000 at the borrow timeout", async () => {
  const proxy = await startForTest({ maxConnections: 1, borrowTimeoutMs: 50 });
  const holder = await connectClient(proxy);
  await holder.query("begin");
  expect(await loginFailure(proxy)).toEqual({
    severity: "FATAL",
    code: "08000",
    message: "Timed-out waiting to acquire database connection.",
  });
  await holder.end();
});

test("a client that disconnects leaves the queue", async () => {
  const proxy = await startForTest({ maxConnections: 1 });
  const holder = await connectClient(proxy);
  await holder.query("begin");
  expect(await loginFailure(proxy, { config: { connectionTimeoutMillis: 200 } })).toMatchObject({
    message: "timeout expired",
  });
  await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 0);
  await holder.end();
  await (await connectClient(proxy)).end();
});

test("the metrics count connections, logins, tokens and statements", async () => {
  const proxy = await startForTest({ maxConnections: 7 });
  const client = await connectClient(proxy);
  await client.query("begin");
  await client.query("select $1::int", [1]);
  expect(proxy.metrics()).toEqual({
    ClientConnections: 1,
    ClientConnectionsReceived: 1,
    ClientConnectionsClosed: 0,
    ClientConnectionsSetupSucceeded: 1,
    ClientConnectionsSetupFailedAuth: 0,
    DatabaseConnectionRequests: 1,
    DatabaseConnectionRequestsWaiting: 0,
    DatabaseConnections: 1,
    DatabaseConnectionsBorrowLatency: expect.any(Number),
    DatabaseConnectionsCurrentlyBorrowed: 1,
    DatabaseConnectionsCurrentlySessionPinned: 0,
    DatabaseConnectionsCurrentlyInTransaction: 1,
    DatabaseConnectionsSetupSucceeded: 1,
    DatabaseConnectionsSetupFailed: 0,
    DatabaseAvailable: 1,
    MaxDatabaseConnectionsAllowed: 7,
    QueryRequests: 2,
    CommitsLost: {},
    TokensVerified: 1,
    DistinctTokens: 1,
    TokensRefused: {},
  });
  await client.end();
  await eventually(() => proxy.metrics().ClientConnections === 0);
  await eventually(() => proxy.metrics().DatabaseConnections === 0);
  expect(proxy.metrics()).toMatchObject({
    ClientConnectionsClosed: 1,
    DatabaseConnectionsCurrentlyBorrowed: 0,
    DatabaseConnectionsCurrentlyInTransaction: 0,
  });
});

test("a bad option is named before the proxy listens", async () => {
  await expect(
    startLocalProxy({ engine: "postgres", upstream: inject("postgres"), maxConnections: -1 }),
  ).rejects.toThrow("option maxConnections: expected a whole number from 1 to 1000000, got -1");
});

test("a port that is in use is the socket's error", async () => {
  const { port } = await startForTest();
  await expect(startLocalProxy({ engine: "postgres", upstream: inject("postgres"), port })).rejects.toThrow(
    "EADDRINUSE",
  );
});

test("close ends clients in every state, cancels running statements, and may be called again", async () => {
  const proxy = await startForTest({ maxConnections: 3 });
  const busy = await connectClient(proxy);
  const running = busy.query("select pg_sleep(600) /* close test */").catch((error: unknown) => error);
  await (await connectClient(proxy)).query("begin");
  const silent = await connectClient(proxy);
  await silent.query("begin");
  await eventually(() => proxy.metrics().QueryRequests === 3);
  proxy.faults.silenceConnections();
  const waiting = createClient(proxy)
    .connect()
    .catch((error: unknown) => error);
  await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 1);
  const idle = await RawClient.connect(proxy);

  await Promise.all([proxy.close(), proxy.close()]);

  expect(await running).toBeInstanceOf(Error);
  expect(await waiting).toBeInstanceOf(Error);
  await idle.ending();
  await eventually(() => silent.errors.length > 0);
  expect(proxy.metrics()).toMatchObject({ ClientConnections: 0, DatabaseConnections: 0 });
  await expect(access(proxy.caFile)).rejects.toThrow("ENOENT");
  expect(await loginFailure(proxy)).toMatchObject({ code: "ECONNREFUSED" });

  const direct = await startForTest();
  const client = await connectClient(direct);
  const left = await client.query(
    "select 1 from pg_stat_activity where query like '%/* close test */' and pid <> pg_backend_pid()",
  );
  expect(left.rows).toEqual([]);
  await client.end();
});

test("a process that has closed its proxy exits by itself", async () => {
  const program = `
    import { startLocalProxy } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
    import { connectClient, createClient } from ${JSON.stringify(new URL("./testing/proxied-client.ts", import.meta.url).href)};
    const proxy = await startLocalProxy({ engine: "postgres", upstream: ${JSON.stringify(inject("postgres"))}, maxConnections: 1 });
    await (await connectClient(proxy)).query("begin");
    createClient(proxy).connect().catch(() => {});
    while (proxy.metrics().DatabaseConnectionRequestsWaiting === 0) await new Promise((resolve) => setImmediate(resolve));
    await proxy.close();
    process.stdout.write("closed");
  `;
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  expect(stdout).toBe("closed");
});
