import type { ClientConfig } from "pg";
import { expect, inject, test } from "vitest";
import { connectClient, loginFailure } from "../testing/proxied-client.js";
import { errorFields, RawClient, rawMessage, sslRequest, startupMessage } from "../testing/raw-client.js";
import { signToken } from "../testing/sign-token.js";
import { startForTest } from "../testing/start-for-test.js";

const { user, database } = inject("postgres");

test.each<[string, ClientConfig]>([
  ["the option statement_timeout.", { statement_timeout: 1000 }],
  ["the option lock_timeout.", { lock_timeout: 1000 }],
  ["the option idle_in_transaction_session_timeout.", { idle_in_transaction_session_timeout: 1000 }],
  ["command-line options.", { options: "-c search_path=x" }],
  ["streaming replication mode.", { replication: "database" } as ClientConfig],
])("pg's setting is refused: %s", async (what, config) => {
  const proxy = await startForTest();
  expect(await loginFailure(proxy, { config })).toEqual({
    severity: "FATAL",
    code: "0A000",
    message: `Feature not supported: RDS Proxy currently doesn't support ${what}`,
  });
});

test("the settings that RDS Proxy accepts reach the server", async () => {
  const proxy = await startForTest();
  const client = await RawClient.connect(proxy);
  await client.startTls();
  client.send(
    startupMessage({
      user,
      database,
      application_name: "accepted",
      client_encoding: "UTF8",
      DateStyle: "German, DMY",
      TimeZone: "Asia/Tokyo",
      extra_float_digits: "1",
      search_path: "pg_catalog",
    }),
  );
  await client.nextMessage("R");
  client.send(rawMessage("p", `${await signToken(proxy)}\0`));
  const greeting = await client.messagesUntil("Z");
  const settings = greeting
    .filter(({ type }) => type === "S")
    .map(({ body }) => body.toString().split("\0", 2));
  expect(Object.fromEntries(settings)).toMatchObject({
    application_name: "accepted",
    DateStyle: "German, DMY",
    TimeZone: "Asia/Tokyo",
    search_path: "pg_catalog",
    standard_conforming_strings: "on",
  });
  expect(greeting.map(({ type }) => type).slice(-2)).toEqual(["K", "Z"]);
  client.destroy();
});

test.each<[string, string, Record<string, string>, number | undefined]>([
  [
    "28000",
    "A user name is missing from the connection startup packet. Provide a user name for this connection.",
    { database },
    undefined,
  ],
  [
    "28000",
    "This RDS proxy has no credentials for the role stranger. Check the credentials for this role and try again.",
    { user: "stranger" },
    undefined,
  ],
  [
    "0A000",
    "Feature not supported: RDS Proxy supports only version 3.0 of the PostgreSQL messaging protocol.",
    { user },
    2 << 16,
  ],
  [
    "0A000",
    "Feature not supported: RDS Proxy currently doesn't support the option work_mem.",
    { user, work_mem: "1GB" },
    undefined,
  ],
])("%s %s", async (code, message, parameters, version) => {
  const proxy = await startForTest();
  const client = await RawClient.connect(proxy);
  await client.startTls();
  client.send(startupMessage(parameters, version));
  expect(errorFields(await client.nextMessage("E"))).toEqual({ severity: "FATAL", code, message });
  expect((await client.ending()).how).toBe("closed");
});

test.each([
  [true, "This RDS Proxy requires TLS connections."],
  [false, "IAM authentication is allowed only with SSL connections."],
])("without TLS, a proxy with requireTls %s answers: %s", async (requireTls, message) => {
  const proxy = await startForTest({ requireTls });
  expect(await loginFailure(proxy, { config: { ssl: false } })).toEqual({
    severity: "FATAL",
    code: "28000",
    message,
  });
  expect(proxy.metrics().ClientConnectionsSetupFailedAuth).toBe(1);
});

test.each<[string, Parameters<RawClient["startTls"]>[0]]>([
  ["TLS 1.2", { servername: "localhost", maxVersion: "TLSv1.2" }],
  ["no server name", {}],
])("a client with %s can log in", async (_, options) => {
  const proxy = await startForTest();
  const client = await RawClient.connect(proxy);
  await client.startTls(options);
  client.send(startupMessage({ user }));
  // Authentication request 3: a password in clear text, the form in which clients send a token.
  expect(await client.nextMessage()).toEqual({ type: "R", body: Buffer.from([0, 0, 0, 3]) });
  client.destroy();
});

test("GSSAPI encryption is declined, and TLS may follow", async () => {
  const proxy = await startForTest();
  const client = await RawClient.connect(proxy);
  client.send(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30]));
  expect((await client.take(1)).toString()).toBe("N");
  await client.startTls();
  client.destroy();
});

test("a cancel request is ignored and its connection closed", async () => {
  const proxy = await startForTest();
  const running = await connectClient(proxy);
  const query = running.query("select pg_sleep(0.2), 'not cancelled' as outcome");
  const { processID, secretKey } = running as unknown as { processID: number; secretKey: number };
  const request = Buffer.alloc(16);
  for (const [index, value] of [16, 80877102, processID, secretKey].entries())
    request.writeInt32BE(value, index * 4);
  const canceller = await RawClient.connect(proxy);
  canceller.send(request);
  expect((await canceller.ending()).rest.length).toBe(0);
  expect((await query).rows[0]).toMatchObject({ outcome: "not cancelled" });
  await running.end();
});

test("bytes sent ahead of the TLS handshake are not read as part of it", async () => {
  const proxy = await startForTest();
  const client = await RawClient.connect(proxy);
  client.send(sslRequest, startupMessage({ user }));
  expect((await client.ending()).rest.toString()).toBe("");
});
