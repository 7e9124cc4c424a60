import { Readable } from "node:stream";
import type { ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { expect, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import { connectMysql } from "../testing/proxied-mysql-client.js";
import {
  errorOf,
  flags,
  RawMysqlClient,
  type RawPacket,
  rawCommand,
  rawPacket,
  usualFlags,
} from "../testing/raw-mysql-client.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";

const query = 0x03;
// A row count in no other query, with the same SQL on MySQL and MariaDB.
const manyRows = "information_schema.collations as a, information_schema.collations as b";

// Replies differ with and without DEPRECATE_EOF, so these tests run with both.
const forms: [string, number][] = [
  ["with EOF packets", usualFlags],
  ["without EOF packets", usualFlags | flags.deprecateEof],
];

/** Waits until the proxy considers the session answered: it runs its own statements between two requests only. */
async function expectInStep(proxy: Awaited<ReturnType<typeof startMysqlForTest>>, client: RawMysqlClient) {
  proxy.faults.setReadOnly(true);
  client.send(rawCommand(query, "create table never_made (id int)"));
  expect(errorOf(await client.nextPacket())).toMatchObject({ sequence: 1, errno: 1792 });
  proxy.faults.setReadOnly(false);
}

test("a result of many rows and a single row of many megabytes arrive complete", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  const [many] = await client.query<RowDataPacket[]>(
    `select repeat('x', 100) as text from ${manyRows} limit 50000`,
  );
  expect(many.length).toBe(50_000);
  expect(many.at(-1)).toEqual({ text: "x".repeat(100) });
  const [large] = await client.query<RowDataPacket[]>("select repeat('y', 20000000) as text");
  expect(large[0]?.["text"]).toBe("y".repeat(20_000_000));
  await client.end();
});

test("statements of more than one frame arrive complete, as text and with bound values", async () => {
  const proxy = await startMysqlForTest({ recordMessages: true });
  const client = await connectMysql(proxy);
  const text = "z".repeat(20_000_000);
  const [asText] = await client.query("select length(?) as length", [text]);
  expect(asText).toEqual([{ length: 20_000_000 }]);
  const [bound] = await client.execute("select length(?) as length", [text]);
  expect(bound).toEqual([{ length: 20_000_000 }]);
  expect(proxy.messages().map(({ text }) => text?.length)).toEqual([65_536, 26, undefined]);
  await client.end();
});

test("a row of exactly one full frame ends with an empty one", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  // A length-encoded text: its four bytes of length fill the frame.
  const length = 0xff_ff_ff - 4;
  const [rows] = await client.query<RowDataPacket[]>(`select repeat('f', ${length}) as text`);
  expect(rows[0]?.["text"].length).toBe(length);
  expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
  await client.end();
});

test("prepared statements are prepared, executed, reset and closed", async () => {
  const proxy = await startMysqlForTest({ recordMessages: true });
  const client = await connectMysql(proxy);
  const statement = await client.prepare("select ? + ? as sum, ? as text");
  expect((await statement.execute([1, 2, "a"]))[0]).toEqual([{ sum: 3, text: "a" }]);
  expect((await statement.execute([3, 4, null]))[0]).toEqual([{ sum: 7, text: null }]);
  await statement.close();
  await expect(client.execute("select * from no_such_table")).rejects.toMatchObject({ errno: 1146 });
  expect((await client.execute("do 1"))[0]).toMatchObject({ affectedRows: 0 });
  await client.end();
  await eventually(() => proxy.metrics().ClientConnections === 0);
  const connection = 1;
  expect(proxy.messages()).toEqual([
    { connection, type: "COM_STMT_PREPARE", text: "select ? + ? as sum, ? as text" },
    { connection, type: "COM_STMT_EXECUTE" },
    { connection, type: "COM_STMT_EXECUTE" },
    { connection, type: "COM_STMT_CLOSE" },
    { connection, type: "COM_STMT_PREPARE", text: "select * from no_such_table" },
    { connection, type: "COM_STMT_PREPARE", text: "do 1" },
    { connection, type: "COM_STMT_EXECUTE" },
    { connection, type: "COM_QUIT" },
  ]);
  expect(proxy.metrics().QueryRequests).toBe(3);
});

test("no messages are recorded by default", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  await client.query("select 1");
  expect(proxy.messages()).toEqual([]);
  await client.end();
});

test("several statements in one query, and a procedure, return several results", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy, { config: { multipleStatements: true } });
  const [results] = await client.query("select 1 as a; do 1; select 2 as b where false; select 3 as c");
  expect(results).toMatchObject([[{ a: 1 }], { affectedRows: 0 }, [], [{ c: 3 }]]);
  await expect(client.query("select 1; select * from no_such_table; select 2")).rejects.toMatchObject({
    errno: 1146,
  });
  await client.query("drop procedure if exists two_results");
  await client.query("create procedure two_results() begin select 1 as a; select 2 as b; end");
  expect((await client.query("call two_results()"))[0]).toMatchObject([
    [{ a: 1 }],
    [{ b: 2 }],
    { affectedRows: 0 },
  ]);
  expect((await client.execute("call two_results()"))[0]).toMatchObject([
    [{ a: 1 }],
    [{ b: 2 }],
    { affectedRows: 0 },
  ]);
  await client.query("drop procedure two_results");
  await client.end();
});

test("a client without MULTI_STATEMENTS cannot send several statements", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  await expect(client.query("select 1; select 2")).rejects.toMatchObject({ errno: 1064 });
  await client.end();
});

test("a local file is loaded or refused, and the session stays in sync", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  await client.query("create temporary table loaded (id int, text text)");
  const lines = Array.from({ length: 20_000 }, (_, id) => Buffer.from(`${id}\t${"l".repeat(100)}\n`));
  const [header] = await client.query<ResultSetHeader>({
    sql: "load data local infile 'local' into table loaded",
    infileStreamFactory: () => Readable.from(lines),
  });
  expect(header.affectedRows).toBe(20_000);
  await expect(
    client.query({
      sql: "load data local infile 'local' into table no_such_table",
      infileStreamFactory: () => Readable.from(lines),
    }),
  ).rejects.toMatchObject({ errno: 1146 });
  const [rows] = await client.query("select count(*) as count, max(id) as last from loaded");
  expect(rows).toEqual([{ count: 20_000, last: 19_999 }]);
  await client.end();
});

test.each(forms)("a local file in pieces, followed by more results, %s", async (_, capabilities) => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.logIn(proxy, capabilities);
  client.send(rawCommand(query, "create temporary table loaded (text text)"));
  await client.nextPacket();
  client.send(rawCommand(query, "load data local infile 'f' into table loaded; do 1"));
  expect((await client.nextPacket()).payload.toString("latin1")).toBe("\xfbf");
  // The first bytes are those of COM_QUIT and COM_QUERY.
  client.send(rawPacket(2, "\x01one\n"), rawPacket(3, "\x03two\n"), rawPacket(4, ""));
  const replies = await client.packets(2);
  expect(replies.map(({ sequence, payload }) => [sequence, payload[0]])).toEqual([
    [5, 0],
    [6, 0],
  ]);
  await expectInStep(proxy, client);
  expect(proxy.metrics().QueryRequests).toBe(3);
  client.destroy();
});

test("an error in a transaction leaves it open, as the server does", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  await client.query("drop table if exists in_transaction");
  await client.query("create table in_transaction (id int primary key) engine=innodb");
  await client.beginTransaction();
  await client.query("insert into in_transaction values (1)");
  await expect(client.query("insert into in_transaction values (1)")).rejects.toMatchObject({ errno: 1062 });
  expect(proxy.metrics().DatabaseConnectionsCurrentlyInTransaction).toBe(1);
  await client.commit();
  expect(proxy.metrics().DatabaseConnectionsCurrentlyInTransaction).toBe(0);
  expect((await client.query("select * from in_transaction"))[0]).toEqual([{ id: 1 }]);
  await client.query("drop table in_transaction");
  await client.end();
});

test.each(forms)("every command leaves the session in sync, %s", async (_, form) => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.logIn(proxy, form);
  const replyTo = async (command: Buffer): Promise<RawPacket> => {
    client.send(command);
    return await client.nextPacket();
  };
  expect((await replyTo(rawCommand(0x0e))).payload[0]).toBe(0);
  await expectInStep(proxy, client);
  expect((await replyTo(rawCommand(0x02, "test"))).payload[0]).toBe(0);
  await expectInStep(proxy, client);
  expect((await replyTo(rawCommand(0x09))).payload.toString()).toMatch(/^Uptime/);
  await expectInStep(proxy, client);
  expect((await replyTo(rawCommand(0x1b, Buffer.from([0, 0])))).payload.length).toBeLessThan(9);
  await expectInStep(proxy, client);
  expect((await replyTo(rawCommand(0x1f))).payload[0]).toBe(0);
  await expectInStep(proxy, client);

  client.send(rawCommand(query, "create temporary table listed (a int, b text)"));
  await client.nextPacket();
  client.send(rawCommand(0x04, "listed\0%"));
  const [, , end] = await client.packets(3);
  expect(end?.payload[0]).toBe(0xfe);
  await expectInStep(proxy, client);

  // Two commands without a reply, then a statement.
  client.send(rawCommand(0x19, Buffer.alloc(4)), rawCommand(0x18, Buffer.alloc(6)));
  await expectInStep(proxy, client);
  client.destroy();
});

test.each(forms)("a cursor's rows are fetched in parts, %s", async (_, form) => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.logIn(proxy, form);
  const hasEof = (form & flags.deprecateEof) === 0;
  client.send(
    rawCommand(
      0x16,
      "select 1 as i union all select 2 union all select 3 union all select 4 union all select 5",
    ),
  );
  const [prepared] = await client.packets(hasEof ? 3 : 2);
  const id = prepared?.payload.subarray(1, 5) ?? Buffer.alloc(4);
  await expectInStep(proxy, client);
  const execute = Buffer.concat([id, Buffer.from([1]), Buffer.from([1, 0, 0, 0])]);
  client.send(rawCommand(0x17, execute));
  // The number of columns, one column, and the end with the cursor's flag.
  expect((await client.packets(3)).map(({ payload }) => payload[0])).toEqual([1, 3, 0xfe]);
  const fetchTwo = Buffer.concat([id, Buffer.from([2, 0, 0, 0])]);
  for (const count of [2, 2, 1]) {
    client.send(rawCommand(0x1c, fetchTwo));
    const packets = await client.packets(count + 1);
    expect(packets.map(({ payload }) => payload[0])).toEqual([...Array(count).fill(0), 0xfe]);
  }
  client.send(rawCommand(0x1a, id));
  expect((await client.nextPacket()).payload[0]).toBe(0);
  await expectInStep(proxy, client);
  client.destroy();
});

test.each(forms)("pipelined commands are answered in order, %s", async (_, form) => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.logIn(proxy, form);
  const hasEof = (form & flags.deprecateEof) === 0;
  client.send(
    rawCommand(query, "select 1"),
    rawCommand(0x0e),
    rawCommand(query, "select nothing"),
    rawCommand(0x09),
    rawCommand(query, "do 1"),
  );
  const replies = await client.packets(hasEof ? 9 : 8);
  expect(replies.map(({ sequence }) => sequence)).toEqual(
    hasEof ? [1, 2, 3, 4, 5, 1, 1, 1, 1] : [1, 2, 3, 4, 1, 1, 1, 1],
  );
  await expectInStep(proxy, client);
  client.destroy();
});

test("requests may arrive in any chunks, down to single bytes", async () => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.logIn(proxy);
  client.socket.setNoDelay(true);
  for (const byte of rawCommand(query, "select 'by bytes'")) {
    client.send(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const packets = await client.packets(5);
  expect(packets[3]?.payload.toString("utf8", 1)).toBe("by bytes");
  client.destroy();
});

test("a reply's packets arrive in one TLS record", async () => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.logIn(proxy);
  const before = client.chunkLengths.length;
  client.send(rawCommand(query, "select 1"));
  await client.packets(5);
  expect(client.chunkLengths.length - before).toBe(1);
  client.destroy();
});

test.each([
  ["COM_CHANGE_USER", 0x11],
  ["COM_BINLOG_DUMP", 0x12],
  ["0x7f", 0x7f],
])("%s is answered as an unknown command, and the session goes on", async (type, code) => {
  const proxy = await startMysqlForTest({ recordMessages: true });
  const client = await RawMysqlClient.logIn(proxy);
  client.send(rawCommand(code, "other\0\0\0"), rawCommand(0x0e));
  expect(errorOf(await client.nextPacket())).toMatchObject({ sequence: 1, errno: 1047, sqlState: "08S01" });
  expect((await client.nextPacket()).payload[0]).toBe(0);
  await expectInStep(proxy, client);
  expect(proxy.messages()[0]).toEqual({ connection: 1, type });
  client.destroy();
});

test("COM_CHANGE_USER of a driver is refused, and the session goes on", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  await expect(client.changeUser({ user: "other" })).rejects.toMatchObject({ errno: 1047 });
  expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
  await client.end();
});

test.each(["COM_QUIT", "FIN", "RST"] as const)(
  "a client's %s gives its database connection back; without multiplexing, it closes it",
  async (manner) => {
    for (const multiplexing of [true, false]) {
      const proxy = await startMysqlForTest({ multiplexing });
      const client = await RawMysqlClient.logIn(proxy);
      if (manner === "COM_QUIT") client.send(rawCommand(0x01));
      if (manner === "FIN") client.socket.end();
      if (manner === "RST") client.abort();
      await eventually(() => proxy.metrics().ClientConnections === 0);
      expect(proxy.metrics()).toMatchObject({
        DatabaseConnections: Number(multiplexing),
        DatabaseConnectionsCurrentlyBorrowed: 0,
      });
      client.destroy();
    }
  },
);

test("the locks of a client that disconnects in a transaction are released", async () => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.logIn(proxy);
  client.send(rawCommand(query, "select get_lock('vanishing', 1)"));
  await client.packets(5);
  client.abort();
  const other = await connectMysql(proxy);
  expect((await other.query("select get_lock('vanishing', 10) as got"))[0]).toEqual([{ got: 1 }]);
  await other.end();
});

test("the slot of a client that disconnects in the middle of a request becomes free", async () => {
  const proxy = await startMysqlForTest({ maxConnections: 1 });
  const client = await RawMysqlClient.logIn(proxy);
  client.send(rawCommand(query, "select sleep(2)"));
  await eventually(() => proxy.metrics().QueryRequests === 1);
  client.abort();
  await (await connectMysql(proxy)).end();
});

test("when the server ends a session, the client connection ends", async () => {
  const proxy = await startMysqlForTest();
  const client = await connectMysql(proxy);
  const other = await connectMysql(proxy);
  const [[row]] = await client.query<RowDataPacket[]>("select connection_id() as id");
  const running = client.query("select sleep(5)").catch((error: unknown) => error);
  await eventually(() => proxy.metrics().QueryRequests === 2);
  await other.query(`kill ${row?.["id"]}`);
  // MariaDB 10.11 sends only a FIN; other servers send an error first.
  expect(await running).toBeInstanceOf(Error);
  await eventually(() => proxy.metrics().ClientConnections === 1);
  await other.end();
});

test("a shutdown in the middle of a large reply inserts no bytes into it", async () => {
  const proxy = await startMysqlForTest();
  const client = await RawMysqlClient.logIn(proxy);
  client.send(rawCommand(query, "select repeat('x', 50000000)"));
  await client.packets(3);
  await client.take(4);
  proxy.faults.killConnections("admin-shutdown");
  const { rest } = await client.ending();
  expect(rest.length).toBeLessThan(50_000_000);
  expect(rest.includes("shutdown")).toBe(false);
});

test("a client that stops reading gets everything when it reads on", async () => {
  const proxy = await startMysqlForTest();
  const slow = await RawMysqlClient.logIn(proxy);
  slow.socket.pause();
  slow.send(
    rawCommand(query, "select repeat('x', 1000000) /* slow */ from information_schema.collations limit 50"),
  );
  const other = await connectMysql(proxy);
  for (let isHeldUp = false; !isHeldUp; ) {
    const [rows] = await other.query<RowDataPacket[]>(
      "select 1 from information_schema.processlist where state in ('Writing to net', 'Sending to client') and info like 'select repeat%/* slow */%'",
    );
    isHeldUp = rows.length > 0;
  }
  await other.end();
  slow.socket.resume();
  const packets = await slow.packets(54);
  expect(packets.slice(3, 53).every(({ payload }) => payload.length === 1_000_004)).toBe(true);
  slow.destroy();
});
