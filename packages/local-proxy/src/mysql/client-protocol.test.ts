import { access } from "node:fs/promises";
import mysql from "mysql2/promise";
import mysqlBeforeClearPassword from "mysql2-before-clear-password/promise";
import { expect, inject, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import {
  connectMysql,
  type MysqlConfig,
  mysqlConfig,
  mysqlLoginFailure,
} from "../testing/proxied-mysql-client.js";
import {
  errorOf,
  flags,
  greetingOf,
  handshakeResponse,
  RawMysqlClient,
  rawPacket,
  sslRequest,
  usualFlags,
} from "../testing/raw-mysql-client.js";
import { signToken } from "../testing/sign-token.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";

const denied = {
  code: "ER_ACCESS_DENIED_ERROR",
  errno: 1045,
  sqlState: "28000",
  message: `Access denied for user '${inject("mysql").user}'@'%' (using password: YES)`,
};

type Connect = (config: MysqlConfig) => Promise<Pick<mysql.Connection, "execute" | "end">>;
const drivers: [string, Connect][] = [
  ["mysql2", (config) => mysql.createConnection(config)],
  ["mysql2 before 3.22", (config) => mysqlBeforeClearPassword.createConnection(config)],
];

test.each(drivers)("%s logs in with a token for either method in the greeting", async (_, connect) => {
  for (const authPlugin of ["caching_sha2_password", "mysql_native_password"] as const) {
    const proxy = await startMysqlForTest({ mysql: { authPlugin } });
    const client = await connect(mysqlConfig(proxy));
    const [rows] = await client.execute("select ? + 1 as sum, database() as name", [41]);
    expect(rows).toEqual([{ sum: 42, name: inject("mysql").database }]);
    await client.end();
  }
});

test("a token that is signed first works with mysql2's enableCleartextPlugin", async () => {
  const proxy = await startMysqlForTest();
  const password = await signToken(proxy);
  const { authPlugins: _, ...config } = mysqlConfig(proxy);
  const client = await mysql.createConnection({ ...config, password, enableCleartextPlugin: true });
  await client.end();
  await expect(mysql.createConnection({ ...config, password })).rejects.toMatchObject({
    code: "MYSQL_CLEAR_PASSWORD_NOT_ENABLED",
  });
});

test("its environment is enough for a client", async () => {
  const { user, database } = inject("mysql");
  const proxy = await startMysqlForTest();
  expect(proxy.environment).toMatchObject({
    RDS_PROXY_ENDPOINT: `localhost:${proxy.port}`,
    RDS_PROXY_USER: user,
    RDS_PROXY_DATABASE: database,
  });
  const { database: __, ...upstream } = inject("mysql");
  expect((await startMysqlForTest({ upstream })).environment).not.toHaveProperty("RDS_PROXY_DATABASE");
});

test("a client that names no database gets none, as from the server", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy, { database: "" });
  expect((await client.query("select database() as name"))[0]).toEqual([{ name: null }]);
  await client.end();
});

test("the greeting offers the server's capabilities, except for those that cannot be relayed", async () => {
  const proxy = await startMysqlForTest();
  const first = greetingOf(await (await RawMysqlClient.connect(proxy)).nextPacket());
  const direct = await mysql.createConnection(inject("mysql"));
  const [rows] = await direct.query("select version() as version");
  await direct.end();
  const [{ version }] = rows as [{ version: string }];
  expect(first.version).toContain(version);
  expect(first.authPlugin).toBe("caching_sha2_password");
  expect(first.capabilities & flags.compress).toBe(0);
  const expected =
    flags.ssl | flags.pluginAuth | flags.deprecateEof | flags.sessionTrack | flags.multiStatements;
  expect(first.capabilities & expected).toBe(expected);
  const second = greetingOf(await (await RawMysqlClient.connect(proxy)).nextPacket());
  expect(second.connectionId).not.toBe(first.connectionId);
});

test("version, method and capabilities of the greeting can be chosen", async () => {
  const proxy = await startMysqlForTest({
    mysql: {
      serverVersion: "8.0.36-local",
      authPlugin: "mysql_native_password",
      withheldCapabilities: ["DEPRECATE_EOF", "MULTI_STATEMENTS"],
    },
  });
  const greeting = greetingOf(await (await RawMysqlClient.connect(proxy)).nextPacket());
  expect(greeting).toMatchObject({ version: "8.0.36-local", authPlugin: "mysql_native_password" });
  expect(greeting.capabilities & (flags.deprecateEof | flags.multiStatements)).toBe(0);
  // Capabilities beyond the offer are not forwarded.
  const client = await RawMysqlClient.logIn(proxy, usualFlags | flags.deprecateEof);
  client.send(rawPacket(0, "\x03select 1"));
  expect((await client.packets(5)).map(({ payload }) => payload[0])).toEqual([1, 3, 0xfe, 1, 0xfe]);
  client.destroy();
});

test("the client's character set becomes that of its session", async () => {
  const proxy = await startMysqlForTest();
  for (const charset of ["latin1", "utf8mb4"]) {
    const client = await connectMysql(proxy, { config: { charset } });
    const [rows] = await client.query("select @@character_set_client as name, 'äö' as text");
    expect(rows).toEqual([{ name: charset, text: "äö" }]);
    await client.end();
  }
});

test.each([
  ["wrong-host", { hostname: "other.example" }],
  ["wrong-host", { port: 3306 }],
  ["wrong-user", { username: "other" }],
  ["wrong-region", { region: "eu-west-1" }],
])("a token with a %s is refused, and only log and metrics say why", async (fault, token) => {
  const log: string[] = [];
  const proxy = await startMysqlForTest({ log: (line) => log.push(line) });
  expect(await mysqlLoginFailure(proxy, { token })).toEqual(denied);
  expect(proxy.metrics()).toMatchObject({
    TokensRefused: { [fault]: 1 },
    ClientConnectionsSetupFailedAuth: 1,
  });
  expect(log.join("\n")).toContain(`Reason: ${fault}.`);
});

test("a password that is not a token, and a valid token of a denied user, are refused alike", async () => {
  const proxy = await startMysqlForTest({ deniedUsers: [inject("mysql").user] });
  expect(await mysqlLoginFailure(proxy, { password: inject("mysql").password })).toEqual(denied);
  expect(await mysqlLoginFailure(proxy)).toEqual(denied);
  expect(proxy.metrics().TokensRefused).toEqual({ malformed: 1, denied: 1 });
});

test("an unknown user is refused by name", async () => {
  const proxy = await startMysqlForTest();
  expect(await mysqlLoginFailure(proxy, { user: "stranger" })).toEqual({
    ...denied,
    message: "Access denied for user 'stranger'@'%' (using password: YES)",
  });
});

test("a token may be signed for an endpoint name with MySQL's default port", async () => {
  const hostname = "app.proxy-abc.us-east-1.rds.amazonaws.com";
  const proxy = await startMysqlForTest({ endpointNames: [hostname] });
  await (await connectMysql(proxy, { token: { hostname, port: 3306 } })).end();
});

test("a token of Lambda's usual length, or longer, is not truncated", async () => {
  const credentials = [{ accessKeyId: "ASIALONG", secretAccessKey: "s", sessionToken: "+/=".repeat(1500) }];
  const proxy = await startMysqlForTest({ credentials });
  expect((await signToken(proxy)).length).toBeGreaterThan(10_000);
  await (await connectMysql(proxy)).end();
});

test.each([
  [true, { errno: 3159, sqlState: "HY000", message: "This RDS Proxy requires TLS connections." }],
  [false, { errno: 1045, sqlState: "28000", message: denied.message }],
])("without TLS, a proxy with requireTls %s refuses", async (requireTls, failure) => {
  const proxy = await startMysqlForTest({ requireTls });
  const { ssl: _, ...config } = mysqlConfig(proxy);
  await expect(mysql.createConnection(config)).rejects.toMatchObject(failure);
  expect(proxy.metrics().ClientConnectionsSetupFailedAuth).toBe(1);
});

test("a client can refuse an untrusted certificate authority or an uncovered name", async () => {
  const proxy = await startMysqlForTest();
  const ssl = { rejectUnauthorized: true, verifyIdentity: true };
  expect(await mysqlLoginFailure(proxy, { config: { ssl } })).toMatchObject({ code: "HANDSHAKE_SSL_ERROR" });
  const client = await RawMysqlClient.connect(proxy);
  await client.nextPacket();
  await expect(client.startTls({ servername: "other.example" })).rejects.toMatchObject({
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  });
});

test.each<[string, Parameters<RawMysqlClient["startTls"]>[0]]>([
  ["TLS 1.2", { servername: "localhost", maxVersion: "TLSv1.2" }],
  ["no server name", {}],
])("a client with %s gets the request for its token", async (_, changes) => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.connect(proxy);
  expect((await client.nextPacket()).sequence).toBe(0);
  await client.startTls(changes);
  client.send(rawPacket(2, handshakeResponse(proxy)));
  const { sequence, payload } = await client.nextPacket();
  expect([sequence, payload[0], payload.toString("latin1", 1)]).toEqual([
    3,
    0xfe,
    "mysql_clear_password\0\0",
  ]);
  client.destroy();
});

test("clients without protocol 4.1, or without a choice of method, are refused", async () => {
  const proxy = await startMysqlForTest();
  const attempt = async (capabilities: number): Promise<ReturnType<typeof errorOf>> => {
    const client = await RawMysqlClient.connect(proxy);
    await client.nextPacket();
    await client.startTls();
    client.send(rawPacket(2, handshakeResponse(proxy, { capabilities })));
    const error = errorOf(await client.nextPacket());
    expect((await client.ending()).how).toBe("closed");
    return error;
  };
  expect(await attempt(usualFlags & ~flags.protocol41)).toEqual({
    sequence: 3,
    errno: 1043,
    sqlState: "08S01",
    text: "Bad handshake",
  });
  expect(await attempt(usualFlags & ~flags.pluginAuth)).toMatchObject({ sequence: 3, errno: 1251 });
});

test("bytes between SSLRequest and the TLS handshake are not read as messages", async () => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.connect(proxy);
  await client.nextPacket();
  client.send(sslRequest(), rawPacket(2, handshakeResponse(proxy)));
  const { rest } = await client.ending();
  expect(rest.includes("mysql_clear_password")).toBe(false);
});

test("clients beyond the maximum wait in order, and get 9501 at the borrow timeout", async () => {
  const proxy = await startMysqlForTest({ maxConnections: 1, borrowTimeoutMs: 1000 });
  const holder = await connectMysql(proxy);
  await holder.query("begin");
  const next = connectMysql(proxy);
  await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 1);
  await holder.end();
  const second = await next;
  await second.end();
  const hasty = await startMysqlForTest({ maxConnections: 1, borrowTimeoutMs: 50 });
  const only = await connectMysql(hasty);
  await only.query("begin");
  expect(await mysqlLoginFailure(hasty)).toEqual({
    code: undefined,
    errno: 9501,
    sqlState: "HY000",
    message: "Timed-out waiting to acquire database connection",
  });
  await only.end();
});

test("a client that disconnects leaves the queue", async () => {
  const proxy = await startMysqlForTest({ maxConnections: 1 });
  const holder = await connectMysql(proxy);
  await holder.query("begin");
  const failure = await mysqlLoginFailure(proxy, { config: { connectTimeout: 200 } });
  expect(failure).toMatchObject({ code: "ETIMEDOUT" });
  await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 0);
  await holder.end();
});

test("each client user logs in at the server with its own secret", async () => {
  const { user, password } = inject("mysql");
  const proxy = await startMysqlForTest({ user: "web", users: { batch: { user, password } } });
  for (const name of ["web", "batch"]) {
    const client = await connectMysql(proxy, { user: name });
    const [rows] = await client.query("select substring_index(user(), '@', 1) as user");
    expect(rows).toEqual([{ user }]);
    await client.end();
  }
});

test("close ends clients in every state, cancels running statements, and leaves no connection", async () => {
  const proxy = await startMysqlForTest({ maxConnections: 3 });
  const busy = await connectMysql(proxy);
  const running = busy.query("select sleep(600) /* close test */").catch((error: unknown) => error);
  await (await connectMysql(proxy)).query("begin");
  const silent = await connectMysql(proxy);
  await silent.query("begin");
  await eventually(() => proxy.metrics().QueryRequests === 3);
  proxy.faults.silenceConnections();
  const waiting = connectMysql(proxy).catch((error: unknown) => error);
  await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 1);
  const idle = await RawMysqlClient.connect(proxy);

  await Promise.all([proxy.close(), proxy.close()]);

  expect(await running).toBeInstanceOf(Error);
  expect(await waiting).toBeInstanceOf(Error);
  await idle.ending();
  await eventually(() => silent.errors.length > 0);
  expect(proxy.metrics()).toMatchObject({ ClientConnections: 0, DatabaseConnections: 0 });
  await expect(access(proxy.caFile)).rejects.toThrow("ENOENT");
  const direct = await mysql.createConnection(inject("mysql"));
  const [left] = await direct.query(
    "select 1 from information_schema.processlist where info like '%/* close test */' and id <> connection_id()",
  );
  expect(left).toEqual([]);
  await direct.end();
});
