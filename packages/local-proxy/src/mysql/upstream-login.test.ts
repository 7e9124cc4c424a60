import { constants, generateKeyPairSync, privateDecrypt } from "node:crypto";
import { createServer } from "node:net";
import { expect, inject, test } from "vitest";
import { connectMysql, mysqlLoginFailure } from "../testing/proxied-mysql-client.js";
import { flags, greetingOf, RawMysqlClient, usualFlags } from "../testing/raw-mysql-client.js";
import { startRefusingServer } from "../testing/refusing-server.js";
import {
  type ScriptedPeer,
  scriptedGreeting,
  scriptedOk,
  startScriptedMysqlServer,
} from "../testing/scripted-mysql-server.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";

test("an unknown database is the server's error 1049", async () => {
  const proxy = await startMysqlForTest();
  expect(await mysqlLoginFailure(proxy, { database: "nowhere" })).toMatchObject({
    errno: 1049,
    sqlState: "42000",
    message: "Unknown database 'nowhere'",
  });
  expect(proxy.metrics()).toMatchObject({
    DatabaseConnectionsSetupFailed: 1,
    DatabaseConnectionsCurrentlyBorrowed: 0,
  });
});

test("a wrong password in a secret is RDS Proxy's error 1045, and is named in the log", async () => {
  const log: string[] = [];
  const upstream = { ...inject("mysql"), password: "wrong" };
  const proxy = await startMysqlForTest({ upstream, log: (line) => log.push(line) });
  expect(await mysqlLoginFailure(proxy)).toMatchObject({
    errno: 1045,
    sqlState: "28000",
    message: `Access denied for user '${upstream.user}'@'%' (using password: YES)`,
  });
  expect(log.join("\n")).toContain(
    `The proxy's login at the database as ${upstream.user} failed. Reason: 1045 (28000) Access denied for user`,
  );
  expect(proxy.metrics().TokensVerified).toBe(1);
});

test("a user's connection limit is the server's error", async () => {
  const direct = await startMysqlForTest();
  const admin = await connectMysql(direct);
  await admin.query("drop user if exists local_proxy_limited");
  await admin.query("create user local_proxy_limited identified by 'limited' with max_user_connections 1");
  const upstream = { ...inject("mysql"), user: "local_proxy_limited", password: "limited" };
  const proxy = await startMysqlForTest({ upstream });
  const only = await connectMysql(proxy, { database: "" });
  await only.query("begin");
  expect(await mysqlLoginFailure(proxy, { database: "" })).toMatchObject({ errno: 1226, sqlState: "42000" });
  await only.end();
  await admin.query("drop user local_proxy_limited");
  await admin.end();
});

/** An error packet in place of the greeting. */
function errorPacket(errno: number, text: string): Buffer {
  const payload = Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload]);
}

test.each([
  [1040, "Too many connections", 9501, "Timed-out waiting to acquire database connection"],
  [1203, "User app already has more than 'max_user_connections'", 9501, "Timed-out waiting to"],
  [1130, "Host '10.0.0.1' is not allowed to connect", 1130, "is not allowed to connect"],
])(
  "the server's error %i in place of its greeting comes after the token",
  async (errno, text, seen, part) => {
    const refusal = errorPacket(errno, text);
    const upstream = await startRefusingServer(inject("mysql"), { refusal, times: Number.POSITIVE_INFINITY });
    const proxy = await startMysqlForTest({ upstream });
    expect(await mysqlLoginFailure(proxy)).toMatchObject({
      errno: seen,
      message: expect.stringContaining(part),
    });
    expect(proxy.metrics().TokensVerified).toBe(1);
  },
);

test("a database that is not available yet keeps clients waiting", async () => {
  const refusal = errorPacket(3168, "Server isn't available");
  const upstream = await startRefusingServer(inject("mysql"), { refusal, times: 4 });
  const proxy = await startMysqlForTest({ upstream });
  const connection = await connectMysql(proxy);
  expect((await connection.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
  await connection.end();
});

test("after a failure, the server's greeting is read again for the next client", async () => {
  let connections = 0;
  const upstream = await startScriptedMysqlServer(async (server) => {
    connections += 1;
    if (connections > 1) server.send(0, scriptedGreeting());
    server.end();
  });
  const proxy = await startMysqlForTest({ upstream });
  const versions: string[] = [];
  for (let login = 0; login < 3; login += 1) {
    const client = await RawMysqlClient.connect(proxy);
    versions.push(greetingOf(await client.nextPacket()).version);
    client.destroy();
  }
  expect(versions).toEqual(["8.0.0", "9.9.9-scripted", "9.9.9-scripted"]);
  expect(connections).toBe(2);
});

test("logins wait for an unreachable server until the borrow timeout", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => free.once("listening", resolve));
  const address = free.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  await new Promise((resolve) => free.close(resolve));
  const proxy = await startMysqlForTest({ upstream: { ...inject("mysql"), port }, borrowTimeoutMs: 120 });
  expect(await mysqlLoginFailure(proxy)).toMatchObject({
    errno: 9501,
    message: "Timed-out waiting to acquire database connection",
  });
});

/** The proxy's query on a new connection: its settings. */
async function answerQuestion(server: ScriptedPeer): Promise<void> {
  expect((await server.next()).toString("latin1")).toContain("SHOW SESSION VARIABLES");
  server.send(1, scriptedOk);
}

test("the proxy logs in by caching_sha2_password's full exchange, after a switch", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const scramble = Buffer.alloc(20, "q");
  const passwords: string[] = [];
  const upstream = await startScriptedMysqlServer(async (server) => {
    server.send(0, scriptedGreeting());
    if ((await server.next()).length === 0) return;
    server.send(
      2,
      Buffer.concat([Buffer.from("\xfecaching_sha2_password\0", "latin1"), scramble, Buffer.alloc(1)]),
    );
    expect((await server.next()).length).toBe(32);
    server.send(4, Buffer.from([1, 4]));
    expect(await server.next()).toEqual(Buffer.from([2]));
    server.send(
      6,
      Buffer.concat([Buffer.from([1]), Buffer.from(publicKey.export({ type: "spki", format: "pem" }))]),
    );
    const masked = privateDecrypt(
      { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING },
      await server.next(),
    );
    passwords.push(Buffer.from(masked.map((byte) => byte ^ 0x71)).toString());
    server.send(8, scriptedOk);
    await answerQuestion(server);
  });
  const client = await RawMysqlClient.logIn(await startMysqlForTest({ upstream }));
  expect(passwords).toEqual(["secret\0"]);
  client.destroy();
});

test("an unsupported method is an unknown error, and the log names it", async () => {
  const upstream = await startScriptedMysqlServer(async (server) => {
    server.send(0, scriptedGreeting());
    if ((await server.next()).length > 0) server.send(2, Buffer.from("\xfeclient_ed25519\0salt", "latin1"));
  });
  const log: string[] = [];
  const proxy = await startMysqlForTest({ upstream, log: (line) => log.push(line) });
  expect(await mysqlLoginFailure(proxy)).toMatchObject({ errno: 1105, message: "Unknown error" });
  expect(log.join("\n")).toContain("authentication method client_ed25519, which is not supported");
});

test("a client's capabilities and attributes are forwarded to the server", async () => {
  const responses: Buffer[] = [];
  const connectAttributes = 0x100000;
  const offered =
    (usualFlags & ~flags.mysql) |
    flags.deprecateEof |
    flags.sessionTrack |
    connectAttributes |
    flags.compress;
  const extendedMetadata = 8;
  const progress = 1;
  const upstream = await startScriptedMysqlServer(async (server) => {
    server.send(0, scriptedGreeting({ capabilities: offered, extended: extendedMetadata | progress }));
    const response = await server.next();
    if (response.length === 0) return;
    responses.push(response);
    server.send(2, scriptedOk);
    await answerQuestion(server);
    await server.next();
    server.end();
  });
  const proxy = await startMysqlForTest({ upstream });
  const probe = await RawMysqlClient.connect(proxy);
  const greeting = greetingOf(await probe.nextPacket());
  expect(greeting).toMatchObject({ version: "9.9.9-scripted", extendedCapabilities: extendedMetadata });
  expect(greeting.capabilities & (flags.compress | flags.mysql)).toBe(0);
  probe.destroy();

  const client = await connectMysql(proxy, {
    database: "shop",
    config: { charset: "latin1", connectAttributes: { program_name: "checkout" }, multipleStatements: true },
  });
  client.destroy();
  const [response = Buffer.alloc(32)] = responses;
  const capabilities = response.readUInt32LE(0);
  const chosen = flags.connectWithDb | flags.sessionTrack | flags.multiStatements | connectAttributes;
  expect(capabilities & chosen).toBe(chosen);
  // mysql2 does not request it, and TLS ends at the proxy.
  expect(capabilities & (flags.deprecateEof | flags.ssl | flags.mysql)).toBe(0);
  // mysql2 before 3.24 does not support the extension.
  expect(response.readUInt32LE(28)).toBe(extendedMetadata);
  const text = response.toString("latin1", 32);
  expect(text).toMatch(/^app\0/);
  expect(text).toContain("\0shop".slice(1));
  expect(text).toContain("checkout");
});
