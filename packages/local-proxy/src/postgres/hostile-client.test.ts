import fc from "fast-check";
import { expect, inject, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import { mutated } from "../testing/mutate.js";
import { connectClient } from "../testing/proxied-client.js";
import { errorFields, RawClient, rawMessage, startupMessage } from "../testing/raw-client.js";
import { startForTest } from "../testing/start-for-test.js";

const { user, database } = inject("postgres");

test("random bytes do not keep the proxy from serving and closing", async () => {
  const proxy = await startForTest({ loginTimeoutMs: 50 });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), async (bytes) => {
      const stranger = await RawClient.connect(proxy);
      stranger.send(Buffer.from(bytes));
      stranger.socket.end();
      await stranger.ending();
    }),
    { numRuns: 100 },
  );
  await (await startForTest()).close();
  expect(proxy.metrics()).toMatchObject({
    ClientConnectionsReceived: 100,
    ClientConnectionsSetupSucceeded: 0,
  });
});

test("garbage inside TLS, in place of a startup message or a password, is refused", async () => {
  const proxy = await startForTest();
  const first = await RawClient.connect(proxy);
  await first.startTls();
  first.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  expect(errorFields(await first.nextMessage("E"))).toEqual({
    severity: "FATAL",
    code: "08P01",
    message: "invalid length of startup packet",
  });

  const second = await RawClient.connect(proxy);
  await second.startTls();
  second.send(startupMessage({ user }));
  await second.nextMessage("R");
  second.send(rawMessage("Q", "select 1\0"));
  expect(errorFields(await second.nextMessage("E")).code).toBe("08P01");
  await second.ending();
});

test("a client that leaves without a word, as a MySQL client would, is explained in the log", async () => {
  const log: string[] = [];
  const proxy = await startForTest({ log: (line) => log.push(line) });
  const client = await RawClient.connect(proxy);
  client.socket.end();
  await client.ending();
  await eventually(() => log.some((line) => line.includes("connection closed")));
  expect(log.join("\n")).toContain(
    "The client connection closed. Reason: The client sent nothing. This endpoint speaks PostgreSQL; a MySQL client would wait for " +
      "the server to begin.",
  );
});

test("a corrupt TLS handshake ends the connection, and the log has the reason", async () => {
  const log: string[] = [];
  const proxy = await startForTest({ log: (line) => log.push(line) });
  const client = await RawClient.connect(proxy);
  client.send(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
  await client.take(1);
  client.send(Buffer.from("this is no ClientHello, but as long as the smallest"));
  await client.ending();
  await eventually(() => log.some((line) => line.includes("connection closed")));
  expect(log.join("\n")).toMatch(/ closed\. Reason: The TLS handshake failed: .*wrong version number/);
});

test.each([
  ["startup message", Buffer.from([0x7f, 0xff, 0xff, 0xff])],
  ["startup message of no length", Buffer.from([0, 0, 0, 0])],
])("a %s of an invalid length is refused by its header", async (_, bytes) => {
  const proxy = await startForTest();
  const client = await RawClient.connect(proxy);
  client.send(bytes);
  expect(errorFields(await client.nextMessage("E")).code).toBe("08P01");
  expect((await client.ending()).how).toBe("closed");
});

test("a password of more than 64 kB is refused by its header", async () => {
  const proxy = await startForTest();
  const client = await RawClient.connect(proxy);
  await client.startTls();
  client.send(startupMessage({ user }));
  await client.nextMessage("R");
  client.send(Buffer.from([0x70, 0, 1, 0, 1]));
  expect(errorFields(await client.nextMessage("E"))).toMatchObject({
    code: "08P01",
    message: "invalid message length",
  });
});

test("a client that is too slow with its login is disconnected", async () => {
  const proxy = await startForTest({ loginTimeoutMs: 50 });
  const client = await RawClient.connect(proxy);
  client.send(Buffer.from([0, 0]));
  await client.ending();
});

test("a logged-in client that breaks the framing gets an error and is closed", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  client.send(Buffer.from([0x51, 0, 0, 0, 2]));
  expect(errorFields(await client.nextMessage("E"))).toMatchObject({ severity: "FATAL", code: "08P01" });
  await client.ending();
});

test("clients that stop in the middle of a message do not delay close", async () => {
  const proxy = await startForTest();
  const halfStartup = await RawClient.connect(proxy);
  halfStartup.send(Buffer.from([0, 0]));
  const halfPassword = await RawClient.connect(proxy);
  await halfPassword.startTls();
  halfPassword.send(startupMessage({ user }));
  await halfPassword.nextMessage("R");
  halfPassword.send(Buffer.from([0x70, 0, 0, 1]));
  const halfQuery = await RawClient.logIn(proxy);
  halfQuery.send(rawMessage("Q", "select 1\0").subarray(0, 8));
  await proxy.close();
  await Promise.all([halfStartup, halfPassword, halfQuery].map((client) => client.ending()));
});

test("a failing client does not affect another one", async () => {
  const proxy = await startForTest();
  const good = await connectClient(proxy);
  const bad = await RawClient.connect(proxy);
  bad.send(Buffer.from("rubbish, and more of it"));
  await bad.ending();
  expect((await good.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await good.end();
});

test("a logged-in client that sends an unknown message type gets an error and is closed", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  client.send(rawMessage("z", "what is this?"));
  expect(errorFields(await client.nextMessage("E"))).toEqual({
    severity: "FATAL",
    code: "08P01",
    message: "invalid frontend message type 122",
  });
  await client.ending();
});

const session = Buffer.concat([
  rawMessage("Q", "select 1\0"),
  rawMessage("P", "\0select $1::text\0\0\0"),
  rawMessage("B", Buffer.from("\0\0\0\0\0\x01\0\0\0\x01a\0\0", "latin1")),
  rawMessage("D", "P\0"),
  rawMessage("E", Buffer.alloc(5)),
  rawMessage("S"),
  rawMessage("Q", "begin; copy pg_temp.none from stdin\0"),
  rawMessage("d", "1\n"),
  rawMessage("c"),
]);

test.each([
  ["startup", startupMessage({ user, database })],
  ["password", rawMessage("p", `localhost:1/?Action=connect&DBUser=${user}\0`)],
  ["session", session],
])("a mutated %s leaves no connection behind, and other clients are served", async (stage, bytes) => {
  const proxy = await startForTest({ loginTimeoutMs: 1000, maxConnections: 2 });
  await fc.assert(
    fc.asyncProperty(mutated(bytes), async (garbled) => {
      const client = stage === "session" ? await RawClient.logIn(proxy) : await RawClient.connect(proxy);
      if (stage !== "session") await client.startTls();
      if (stage === "password") {
        client.send(startupMessage({ user }));
        await client.nextMessage("R");
      }
      client.send(garbled);
      client.socket.end();
      await client.ending();
    }),
    { numRuns: 60 },
  );
  const other = await connectClient(proxy);
  expect((await other.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await other.end();
  await eventually(() => proxy.metrics().ClientConnections === 0);
  await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 0);
  expect(proxy.metrics()).toMatchObject({
    DatabaseConnectionRequestsWaiting: 0,
    DatabaseConnectionsCurrentlySessionPinned: 0,
    DatabaseConnectionsCurrentlyInTransaction: 0,
  });
  expect(proxy.metrics().DatabaseConnections).toBeLessThanOrEqual(2);
});
