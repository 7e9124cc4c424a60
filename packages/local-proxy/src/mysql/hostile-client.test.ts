import fc from "fast-check";
import { expect, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import { mutated } from "../testing/mutate.js";
import { connectMysql } from "../testing/proxied-mysql-client.js";
import {
  errorOf,
  handshakeResponse,
  RawMysqlClient,
  rawCommand,
  rawPacket,
  usualFlags,
} from "../testing/raw-mysql-client.js";
import { signToken } from "../testing/sign-token.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";

const badHandshake = { errno: 1043, sqlState: "08S01", text: "Bad handshake" };

test("random bytes do not keep the proxy from serving and closing", async () => {
  const proxy = await startMysqlForTest({ loginTimeoutMs: 50 });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), async (bytes) => {
      const stranger = await RawMysqlClient.connect(proxy);
      stranger.send(Buffer.from(bytes));
      stranger.socket.end();
      await stranger.ending();
    }),
    { numRuns: 100 },
  );
  expect(proxy.metrics()).toMatchObject({
    ClientConnectionsReceived: 100,
    ClientConnectionsSetupSucceeded: 0,
  });
});

test("a mutated handshake response logs in or is refused", async () => {
  const proxy = await startMysqlForTest();
  const whole = handshakeResponse(proxy);
  for (let length = 0; length <= whole.length; length += 7) {
    const client = await RawMysqlClient.connect(proxy);
    await client.nextPacket();
    await client.startTls();
    client.send(rawPacket(2, whole.subarray(0, length)));
    const { payload } = await client.nextPacket();
    expect([0xff, 0xfe]).toContain(payload[0]);
    client.destroy();
  }
});

test.each([
  ["in place of a login", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["of another number", rawPacket(7, Buffer.alloc(40))],
  ["too short", rawPacket(1, Buffer.alloc(8))],
  ["of another protocol", rawPacket(1, Buffer.alloc(40))],
])("a packet %s is a bad handshake", async (_, bytes) => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.connect(proxy);
  await client.nextPacket();
  client.send(bytes);
  expect(errorOf(await client.nextPacket())).toMatchObject(badHandshake);
  expect((await client.ending()).how).toBe("closed");
});

test("a login or a token of more than 64 kB is refused by its header", async () => {
  const proxy = await startMysqlForTest();
  const first = await RawMysqlClient.connect(proxy);
  await first.nextPacket();
  first.send(Buffer.from([1, 0, 1, 1]));
  expect(errorOf(await first.nextPacket())).toMatchObject(badHandshake);

  const second = await RawMysqlClient.connect(proxy);
  await second.nextPacket();
  await second.startTls();
  second.send(rawPacket(2, handshakeResponse(proxy)));
  await second.nextPacket();
  second.send(Buffer.from([1, 0, 1, 4]));
  expect(errorOf(await second.nextPacket())).toMatchObject(badHandshake);
});

test("a corrupt TLS handshake ends the connection", async () => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.connect(proxy);
  await client.nextPacket();
  await expect(client.startTls({ servername: "other.example" })).rejects.toThrow();
  await client.ending();
  expect((await connectMysql(proxy)).errors).toEqual([]);
});

test("a client that is too slow with its login is disconnected", async () => {
  const proxy = await startMysqlForTest({ loginTimeoutMs: 50 });
  const client = await RawMysqlClient.connect(proxy);
  client.send(Buffer.from([0, 0]));
  await client.ending();
});

test("the server refuses an empty command, and one out of order ends the session", async () => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.logIn(proxy);
  client.send(rawPacket(0, ""));
  expect(errorOf(await client.nextPacket())).toMatchObject({ sequence: 1, errno: 1047 });
  client.send(rawPacket(9, "\x0e"));
  expect(errorOf(await client.nextPacket())).toMatchObject({ errno: 1156, sqlState: "08S01" });
  await client.ending();
});

test("clients that stop in the middle of a message do not delay close", async () => {
  const proxy = await startMysqlForTest();
  const halfStartup = await RawMysqlClient.connect(proxy);
  halfStartup.send(Buffer.from([32, 0]));
  const halfToken = await RawMysqlClient.connect(proxy);
  await halfToken.nextPacket();
  await halfToken.startTls();
  halfToken.send(rawPacket(2, handshakeResponse(proxy)));
  await halfToken.nextPacket();
  halfToken.send(rawPacket(4, await signToken(proxy)).subarray(0, 40));
  const halfQuery = await RawMysqlClient.logIn(proxy, usualFlags);
  halfQuery.send(rawCommand(3, "select 1").subarray(0, 8));
  await proxy.close();
  await Promise.all([halfStartup, halfToken, halfQuery].map((client) => client.ending()));
});

const session = Buffer.concat([
  rawCommand(3, "select 1"),
  rawCommand(2, "test"),
  rawCommand(22, "select ?"),
  rawCommand(23, Buffer.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0xfd, 0, 1, 97])),
  rawCommand(3, "start transaction"),
  rawCommand(25, Buffer.from([1, 0, 0, 0])),
  rawCommand(14),
]);

test.each(["startup", "token", "session"])(
  "a %s with anything changed leaves nothing behind, and others are served",
  async (stage) => {
    const proxy = await startMysqlForTest({ loginTimeoutMs: 1000, maxConnections: 2 });
    const bytes = {
      startup: rawPacket(2, handshakeResponse(proxy)),
      token: rawPacket(4, "localhost:1/?Action=connect&DBUser=admin\0"),
      session,
    }[stage];
    await fc.assert(
      fc.asyncProperty(mutated(bytes ?? Buffer.alloc(0)), async (garbled) => {
        const client =
          stage === "session" ? await RawMysqlClient.logIn(proxy) : await RawMysqlClient.connect(proxy);
        if (stage !== "session") {
          await client.nextPacket();
          await client.startTls();
        }
        if (stage === "token") {
          client.send(rawPacket(2, handshakeResponse(proxy)));
          await client.nextPacket();
        }
        client.send(garbled);
        client.socket.end();
        await client.ending();
      }),
      { numRuns: 60 },
    );
    const other = await connectMysql(proxy);
    expect((await other.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
    await other.end();
    await eventually(() => proxy.metrics().ClientConnections === 0);
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 0);
    expect(proxy.metrics()).toMatchObject({
      DatabaseConnectionRequestsWaiting: 0,
      DatabaseConnectionsCurrentlySessionPinned: 0,
      DatabaseConnectionsCurrentlyInTransaction: 0,
    });
    expect(proxy.metrics().DatabaseConnections).toBeLessThanOrEqual(2);
  },
);
