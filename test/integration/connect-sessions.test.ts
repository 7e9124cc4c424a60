import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import mysql from "mysql2/promise";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { RawClient, sslRequest, startupMessage } from "../../packages/local-proxy/src/testing/raw-client.js";
import {
  flags,
  greetingOf,
  RawMysqlClient,
} from "../../packages/local-proxy/src/testing/raw-mysql-client.js";
import { type StayingConnect, stay, stayInFrontOf } from "../support/connect-command.js";
import { connectTo } from "../support/connect-to.js";
import { startInstance } from "../support/instance.js";
import { describeOn } from "../support/tested-engines.js";

/** The same proxy by the port of a listener, for clients that send bytes of their own. */
function behind(listener: StayingConnect, proxy: LocalProxy): LocalProxy {
  const through: LocalProxy = Object.create(proxy, { port: { value: listener.port } });
  return through;
}

/**
 * What is received until the other side closes.
 *
 * @param bytes sent at once, or after the first bytes have been received
 */
async function answerTo(
  { host, port }: { readonly host: string; readonly port: number },
  bytes: Buffer,
  { afterGreeting = false } = {},
): Promise<Buffer[]> {
  const socket = connect(port, host);
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => {
    if (received.push(chunk) === 1 && afterGreeting) socket.write(bytes);
  });
  if (!afterGreeting) socket.write(bytes);
  await once(socket, "end");
  socket.destroy();
  return received;
}

describeOn("postgres", "a session of PostgreSQL", () => {
  let proxy: LocalProxy;
  beforeAll(async () => {
    proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
  });
  afterAll(() => proxy.close());

  const open = async (options: pg.ClientConfig, login?: StayingConnect): Promise<pg.Client> => {
    const { host, port, user, password, database } = login ?? (await stayInFrontOf(proxy));
    const client = new pg.Client({ host, port, user, password, database, ssl: false, ...options });
    client.on("error", () => undefined);
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  };

  test("has the parameters that the server sends", async () => {
    const listener = await stayInFrontOf(proxy, ["--no-password"]);
    const { user, database } = connectTo(proxy);
    const client = await RawClient.connect(behind(listener, proxy));
    client.send(sslRequest);
    expect((await client.take(1)).toString()).toBe("N");
    client.send(startupMessage({ user, database }));
    const seen = await client.messagesUntil("Z");
    const direct = await RawClient.connect(proxy);
    await direct.startTls();
    const expected = await direct.logIn();
    // The direct client was asked for a token.
    expect(seen.map(({ type }) => type)).toEqual(expected.slice(1).map(({ type }) => type));
    const parameters = (messages: typeof seen) =>
      messages.filter(({ type }) => type === "S").map(({ body }) => body.toString());
    expect(parameters(seen)).toEqual(parameters(expected));
    client.destroy();
    direct.destroy();
  });

  test("does not begin with a malformed first message, which gets PostgreSQL's own answer", async () => {
    const listener = await stayInFrontOf(proxy);
    const startup = (body: string): Buffer =>
      Buffer.from(`\0\0\0${String.fromCharCode(body.length + 8)}\0\x03\0\0${body}`);
    const version2 = startup("");
    version2[5] = 2;
    const firstMessages = [
      startup("database\0app\0\0"),
      startup("user\0\0\0"),
      startup("\0"),
      startup(""),
      startup("user\0app\0"),
      startup("user\0app\0\0more"),
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]),
      Buffer.from([0, 0, 0, 7, 0, 3, 0]),
      Buffer.concat([sslRequest, sslRequest]),
      version2,
    ];
    // Without the place in the source, and the versions that are supported.
    const fields = (answer: Buffer[]): string[] =>
      Buffer.concat(answer)
        .toString("latin1")
        .replace(/(?<=E)\0..[^\0](?=S)/s, "")
        .replace(/(?<=frontend protocol \d+\.\d+: )[^\0\n]*/, "")
        .split("\0")
        .filter((field) => !/^[FLR]/.test(field));
    for (const bytes of firstMessages) {
      const [own, servers] = [await answerTo(listener, bytes), await answerTo(inject("postgres"), bytes)];
      expect(fields(own), JSON.stringify(bytes.toString("latin1"))).toEqual(fields(servers));
    }
  });

  test("has the client's own startup parameters, and the proxy's refusals of them", async () => {
    const listener = await stayInFrontOf(proxy);
    const client = await open({ application_name: "a GUI", client_encoding: "LATIN1" }, listener);
    const { rows } = await client.query("show application_name");
    expect(rows).toEqual([{ application_name: "a GUI" }]);
    await expect(open({ options: "-c work_mem=1MB" }, listener)).rejects.toMatchObject({
      code: "0A000",
      message: expect.stringContaining("RDS Proxy"),
    });
    await expect(open({ database: "there_is_none" }, listener)).rejects.toMatchObject({
      message: expect.stringContaining("there_is_none"),
    });
  });

  test("carries COPY both ways, and a result of 30 MB", async () => {
    const { host, port, user, password, database } = await stayInFrontOf(proxy);
    const sql = postgres({ host, port, user, password, database, ssl: false, max: 1, onnotice: () => {} });
    onTestFinished(() => sql.end());
    await sql`create temporary table connect_copy (i int, t text)`;
    const line = `\t${"y".repeat(990)}\n`;
    const rows = Array.from({ length: 5000 }, (_, index) => `${index}${line}`);
    await pipeline(Readable.from(rows), await sql`copy connect_copy from stdin`.writable());
    const received: Buffer[] = [];
    for await (const chunk of await sql`copy connect_copy to stdout`.readable()) received.push(chunk);
    expect(Buffer.concat(received).equals(Buffer.from(rows.join("")))).toBe(true);
    const large = await sql`select repeat('x', 1000) as t from generate_series(1, 30000)`;
    expect(large.every(({ t }) => t.length === 1000)).toBe(true);
  });

  test("can be cancelled at a server that takes cancel requests, by who knows its key", async () => {
    const instance = await startInstance(inject("postgres"));
    const listener = await stay(instance.flags, proxy.environment);
    const client = await open({}, listener);
    const { processID, secretKey }: { processID?: number; secretKey?: number } = Object(client);
    const cancel = async (key: number): Promise<void> => {
      const request = Buffer.alloc(16);
      for (const [index, value] of [16, 80_877_102, processID ?? 0, key].entries())
        request.writeInt32BE(value, 4 * index);
      const socket = connect(listener.port, listener.host);
      socket.end(request);
      socket.resume();
      await once(socket, "close");
    };
    const sleeping = expect(client.query("select pg_sleep(60)")).rejects.toMatchObject({ code: "57014" });
    const before = instance.connections();
    // Another key reaches no server.
    await cancel((secretKey ?? 0) ^ 1);
    expect(instance.connections()).toBe(before);
    await cancel(secretKey ?? 0);
    expect(instance.connections()).toBe(before + 1);
    await sleeping;
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });
});

describeOn("mysql", "a session of MySQL", () => {
  let proxy: LocalProxy;
  beforeAll(async () => {
    proxy = await startLocalProxy({ engine: "mysql", upstream: inject("mysql") });
  });
  afterAll(() => proxy.close());

  const open = async (options: mysql.ConnectionOptions = {}): Promise<mysql.Connection> => {
    const { host, port, user, password } = await stayInFrontOf(proxy);
    const connection = await mysql.createConnection({ host, port, user, password, ...options });
    onTestFinished(() => connection.end());
    return connection;
  };

  test("has the greeting of the server, without TLS", async () => {
    const listener = await stayInFrontOf(proxy);
    const client = await RawMysqlClient.connect(behind(listener, proxy));
    const direct = await RawMysqlClient.connect(proxy);
    const seen = greetingOf(await client.nextPacket());
    const { capabilities, ...others } = greetingOf(await direct.nextPacket());
    expect(seen).toEqual({
      ...others,
      capabilities: capabilities & ~flags.ssl,
      // The proxy's are random.
      connectionId: expect.any(Number),
    });
    client.destroy();
    direct.destroy();
  });

  test("does not begin with malformed packets, which get the server's own answer", async () => {
    const listener = await stayInFrontOf(proxy);
    for (const bytes of ["GET ", "\x02\0\0\x01ab", "\0\0\0\x01"]) {
      const [, own] = await answerTo(listener, Buffer.from(bytes), { afterGreeting: true });
      const [, servers] = await answerTo(inject("mysql"), Buffer.from(bytes), { afterGreeting: true });
      expect(own, JSON.stringify(bytes)).toEqual(servers);
    }
  });

  test("has the client's own flags, database, character set and attributes", async () => {
    const { RDS_PROXY_DATABASE: database } = proxy.environment;
    const connection = await open({
      multipleStatements: true,
      flags: ["-FOUND_ROWS"],
      charset: "latin1",
      connectAttributes: { program_name: "a GUI" },
    });
    const [[none, one]] = await connection.query<mysql.RowDataPacket[][]>(
      "select database() as d; select 1 as one",
    );
    expect([none, one]).toEqual([[{ d: null }], [{ one: 1 }]]);
    await connection.query(`use ${database}`);
    await connection.query("create temporary table connect_rows (i int, t longtext)");
    await connection.query("insert into connect_rows values (1, 'é')");
    const [rows] = await connection.query(
      "select hex(t) as h, @@character_set_client as c from connect_rows",
    );
    expect(rows).toEqual([{ h: expect.any(String), c: "latin1" }]);
    const [{ affectedRows }] = await connection.query<mysql.ResultSetHeader>("update connect_rows set i = 1");
    expect(affectedRows).toBe(0);
  });

  test("carries LOAD DATA LOCAL, and packets of 17 MB both ways", async () => {
    const { RDS_PROXY_DATABASE: database = "" } = proxy.environment;
    const connection = await open({ database });
    await connection.query("create temporary table connect_rows (i int, t longtext)");
    const line = `\t${"y".repeat(990)}\n`;
    const lines = Array.from({ length: 5000 }, (_, index) => `${index}${line}`);
    await connection.query({
      sql: "load data local infile 'x' into table connect_rows",
      infileStreamFactory: () => Readable.from(lines.map((each) => Buffer.from(each))),
    });
    const [[loaded]] = await connection.query<mysql.RowDataPacket[]>(
      "select count(*) as rows_, sum(i) as sum_, sum(length(t)) as length_ from connect_rows",
    );
    expect(loaded).toEqual({ rows_: 5000, sum_: "12497500", length_: String(5000 * 990) });
    const large = "z".repeat(17 * 2 ** 20);
    const [[echoed]] = await connection.query<mysql.RowDataPacket[]>("select ? as t", [large]);
    expect(echoed?.["t"] === large).toBe(true);
    expect((await connection.execute<mysql.RowDataPacket[]>("select ? as one", [1]))[0]).toEqual([
      { one: 1 },
    ]);
  });

  test("cannot change its user, which has no token", async () => {
    const { RDS_PROXY_USER: user = "" } = proxy.environment;
    const connection = await open();
    await expect(connection.changeUser({ user, password: "whatever" })).rejects.toThrow();
  });
});
