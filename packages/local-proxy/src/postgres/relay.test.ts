import { expect, inject, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import { connectClient } from "../testing/proxied-client.js";
import { errorFields, RawClient, rawMessage } from "../testing/raw-client.js";
import { startForTest } from "../testing/start-for-test.js";

function query(text: string): Buffer {
  return rawMessage("Q", `${text}\0`);
}

/** Parse, Bind, Execute and Sync of an unnamed statement without parameters. */
function extendedQuery(text: string): Buffer {
  return Buffer.concat([
    rawMessage("P", `\0${text}\0\0\0`),
    rawMessage("B", Buffer.alloc(8)),
    rawMessage("E", Buffer.alloc(5)),
    rawMessage("S"),
  ]);
}

function rowText(body: Buffer): string {
  return body.subarray(6).toString();
}

test("a result of many rows and a single row of many megabytes arrive complete", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  const many = await client.query("select i, repeat('x', 100) as text from generate_series(1, 50000) as i");
  expect(many.rows.length).toBe(50_000);
  expect(many.rows.at(-1)).toEqual({ i: 50_000, text: "x".repeat(100) });
  const large = await client.query("select repeat('y', 20000000) as text");
  expect(large.rows[0]?.text).toBe("y".repeat(20_000_000));
  await client.end();
});

test("a statement of many megabytes arrives complete", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  const { rows } = await client.query("select length($1::text) as length", ["z".repeat(20_000_000)]);
  expect(rows).toEqual([{ length: 20_000_000 }]);
  await client.end();
});

test("a client that stops reading blocks the server, and gets everything when it reads on", async () => {
  const proxy = await startForTest();
  const slow = await RawClient.logIn(proxy);
  slow.socket.pause();
  slow.send(query("select repeat('x', 1000000) from generate_series(1, 100)"));
  const other = await connectClient(proxy);
  for (let isHeldUp = false; !isHeldUp; ) {
    const { rows } = await other.query(
      "select 1 from pg_stat_activity where wait_event = 'ClientWrite' and query like 'select repeat(''x'', 1000000)%'",
    );
    isHeldUp = rows.length > 0;
  }
  await other.end();
  slow.socket.resume();
  const rows = (await slow.messagesUntil("Z")).filter(({ type }) => type === "D");
  expect(rows.map(({ body }) => body.length)).toEqual(Array(100).fill(1_000_006));
  slow.destroy();
});

test("a reply's messages arrive in one TLS record", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  const before = client.chunkLengths.length;
  client.send(query("select 1"));
  expect((await client.messagesUntil("Z")).length).toBe(4);
  expect(client.chunkLengths.length - before).toBe(1);
  client.destroy();
});

test("requests may arrive in any chunks, down to single bytes", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  client.socket.setNoDelay(true);
  for (const byte of query("select 'by bytes'")) {
    client.send(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const row = (await client.messagesUntil("Z")).find(({ type }) => type === "D");
  expect(rowText(row?.body ?? Buffer.alloc(6))).toBe("by bytes");
  client.destroy();
});

test("pipelined requests are answered in order", async () => {
  const proxy = await startForTest({ recordMessages: true });
  const client = await RawClient.logIn(proxy);
  client.send(query("select 1"), extendedQuery("select 2"), query("select 1/0"), extendedQuery("select 3"));
  const types: string[] = [];
  for (let answers = 0; answers < 4; answers += 1) {
    types.push((await client.messagesUntil("Z")).map(({ type }) => type).join(""));
  }
  expect(types).toEqual(["TDCZ", "12DCZ", "EZ", "12DCZ"]);
  expect(proxy.metrics().QueryRequests).toBe(4);
  client.destroy();
});

test("COPY goes through in both directions", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  client.send(query("create temporary table copied (id int, text text)"));
  await client.messagesUntil("Z");

  client.send(query("copy copied from stdin"));
  await client.nextMessage("G");
  const lines = Array.from({ length: 20_000 }, (_, id) => `${id}\t${"c".repeat(100)}\n`);
  for (const line of lines) client.send(rawMessage("d", line));
  client.send(rawMessage("c"));
  expect((await client.messagesUntil("Z")).map(({ body }) => body.toString())).toContain("COPY 20000\0");

  client.send(query("copy copied to stdout"));
  const messages = await client.messagesUntil("Z");
  const copied = messages.filter(({ type }) => type === "d").map(({ body }) => body.toString());
  expect(copied.join("")).toBe(lines.join(""));
  client.destroy();
});

test("a COPY by the extended protocol leaves the session in sync", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  client.send(query("create temporary table copied (id int)"));
  await client.messagesUntil("Z");
  client.send(extendedQuery("copy copied from stdin"));
  await client.nextMessage("G");
  client.send(rawMessage("d", "1\n"), rawMessage("c"), rawMessage("S"));
  await client.messagesUntil("Z");
  // setReadOnly applies between two requests, so it shows that the proxy considers the session idle.
  proxy.faults.setReadOnly(true);
  client.send(query("create table never_made (id int)"));
  expect(errorFields(await client.nextMessage("E")).code).toBe("25006");
  client.destroy();
});

test("messages after login are recorded with recordMessages", async () => {
  const proxy = await startForTest({ recordMessages: true });
  const client = await connectClient(proxy);
  await client.query("select 1");
  await client.query({ name: "by_name", text: "select $1::text", values: ["not kept"] });
  await client.end();
  const connection = 1;
  expect(proxy.messages()).toEqual([
    { connection, type: "Query", text: "select 1" },
    { connection, type: "Parse", statementName: "by_name", text: "select $1::text" },
    { connection, type: "Bind", statementName: "by_name" },
    { connection, type: "Describe" },
    { connection, type: "Execute" },
    { connection, type: "Sync" },
    { connection, type: "Terminate" },
  ]);
});

test("no messages are recorded by default", async () => {
  const proxy = await startForTest();
  const client = await connectClient(proxy);
  await client.query("select 1");
  expect(proxy.messages()).toEqual([]);
  await client.end();
});

test.each(["Terminate", "FIN", "RST"] as const)(
  "a client's %s gives its database connection back; without multiplexing, it closes it",
  async (manner) => {
    for (const multiplexing of [true, false]) {
      const proxy = await startForTest({ multiplexing });
      const client = await RawClient.logIn(proxy);
      if (manner === "Terminate") client.send(rawMessage("X"));
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
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  client.send(query("begin; select pg_advisory_xact_lock(4711)"));
  await client.messagesUntil("Z");
  client.abort();
  const other = await connectClient(proxy);
  await other.query("begin; select pg_advisory_xact_lock(4711); commit");
  await other.end();
});

test("the slot of a client that disconnects in the middle of a request becomes free", async () => {
  const proxy = await startForTest({ maxConnections: 1 });
  const client = await RawClient.logIn(proxy);
  client.send(query("select pg_sleep(2)"));
  await eventually(() => proxy.metrics().QueryRequests === 1);
  client.abort();
  await (await connectClient(proxy)).end();
});

test("when the server ends a session, the client gets the error and the end", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  client.send(query("select pg_terminate_backend(pg_backend_pid())"));
  expect(errorFields(await client.nextMessage("E"))).toEqual({
    severity: "FATAL",
    code: "57P01",
    message: "terminating connection due to administrator command",
  });
  expect((await client.ending()).how).toBe("closed");
});

test("a shutdown in the middle of a large reply inserts no bytes into it", async () => {
  const proxy = await startForTest();
  const client = await RawClient.logIn(proxy);
  client.send(query("select repeat('x', 50000000)"));
  await client.nextMessage("T");
  // The row's type, its length, and part of it.
  const header = await client.take(5);
  proxy.faults.killConnections("admin-shutdown");
  const { rest } = await client.ending();
  expect(header.toString("latin1", 0, 1)).toBe("D");
  expect(rest.length).toBeLessThan(50_000_000);
  expect(rest.includes("57P01")).toBe(false);
});

test("notices and asynchronous messages are forwarded", async () => {
  const proxy = await startForTest();
  const listener = await connectClient(proxy);
  const heard = new Promise((resolve) => listener.once("notification", resolve));
  await listener.query("listen local_proxy_test");
  const other = await connectClient(proxy, { database: inject("postgres").database });
  await other.query("notify local_proxy_test, 'hello'");
  expect(await heard).toMatchObject({ channel: "local_proxy_test", payload: "hello" });
  await Promise.all([listener.end(), other.end()]);
});
