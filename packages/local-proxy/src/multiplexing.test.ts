import type { RowDataPacket } from "mysql2/promise";
import { expect, inject, test } from "vitest";
import { eventually } from "./testing/eventually.js";
import { connectClient, loginFailure } from "./testing/proxied-client.js";
import { connectMysql } from "./testing/proxied-mysql-client.js";
import { errorFields, RawClient, rawMessage } from "./testing/raw-client.js";
import { errorOf, RawMysqlClient, rawCommand } from "./testing/raw-mysql-client.js";
import { startForTest } from "./testing/start-for-test.js";
import { startMysqlForTest } from "./testing/start-mysql-for-test.js";
import { describeOn } from "./testing/tested-engines.js";

const timedOut = { code: "08000", message: "Timed-out waiting to acquire database connection." };

function query(text: string): Buffer {
  return rawMessage("Q", `${text}\0`);
}

const parse = (text: string): Buffer => rawMessage("P", `\0${text}\0\0\0`);
const bindAndExecute = Buffer.concat([rawMessage("B", Buffer.alloc(8)), rawMessage("E", Buffer.alloc(5))]);
const sync = rawMessage("S");

describeOn("postgres", "PostgreSQL", () => {
  test("many clients share one database connection", async () => {
    const proxy = await startForTest({ maxConnections: 1 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectClient(proxy)));
    const answers = await Promise.all(
      clients.map((client, index) => client.query("select $1::int as id, pg_backend_pid() as pid", [index])),
    );
    expect(answers.map(({ rows }) => rows[0].id)).toEqual(clients.map((_, index) => index));
    expect(new Set(answers.map(({ rows }) => rows[0].pid)).size).toBe(1);
    expect(proxy.metrics()).toMatchObject({
      ClientConnections: 20,
      DatabaseConnections: 1,
      DatabaseConnectionsCurrentlyBorrowed: 0,
      DatabaseConnectionRequests: 1,
    });
    await Promise.all(clients.map((client) => client.end()));
  });

  test("a transaction keeps its database connection, even a failed one, and gives it back at its end", async () => {
    const proxy = await startForTest({ maxConnections: 1 });
    const client = await connectClient(proxy);
    const other = await connectClient(proxy);
    await client.query("begin");
    await expect(client.query("select 1/0")).rejects.toMatchObject({ code: "22012" });
    const waiting = other.query("select 1 as one");
    await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 1);
    await client.query("rollback");
    expect((await waiting).rows).toEqual([{ one: 1 }]);
    await Promise.all([client.end(), other.end()]);
  });

  test("clients() shows the state of each client, and which one the others wait for", async () => {
    const proxy = await startForTest({ maxConnections: 1 });
    const holder = await connectClient(proxy);
    const waiter = await connectClient(proxy);
    const states = (): unknown[] => proxy.clients().map(({ connection, state }) => [connection, state]);
    expect(states()).toEqual([
      [1, "idle"],
      [2, "idle"],
    ]);
    await holder.query("begin");
    const waiting = waiter.query("select 1 as one");
    await eventually(() => proxy.clients()[1]?.state === "waiting");
    expect(proxy.clients()).toMatchObject([
      { connection: 1, state: "transaction", databaseConnection: 1, isPinned: false, waitingMs: undefined },
      { connection: 2, state: "waiting", databaseConnection: undefined, waitingMs: expect.any(Number) },
    ]);
    await holder.query("set work_mem = '1MB'");
    expect(proxy.clients()[0]).toMatchObject({ isPinned: true, user: inject("postgres").user });
    await holder.end();
    await waiting;
    expect(proxy.metrics().DatabaseConnectionsBorrowLatency).toBeGreaterThan(0);
    await waiter.end();
    await eventually(() => proxy.clients().length === 0);
  });

  test("the protocol decides on the end of a transaction, not a keyword", async () => {
    const proxy = await startForTest();
    const client = await connectClient(proxy);
    const borrowed = (): number => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed;
    await client.query("begin; select 'commit'");
    expect(borrowed()).toBe(1);
    await client.query("/* no commit here */ select 'rollback'");
    expect(borrowed()).toBe(1);
    await client.query("end");
    expect(borrowed()).toBe(0);
    await client.query("do $$ begin perform 'begin'; end $$");
    expect(borrowed()).toBe(0);
    await client.end();
  });

  test("the extended protocol holds the database connection up to Sync", async () => {
    const proxy = await startForTest();
    const client = await RawClient.logIn(proxy);
    client.send(parse("select 1"), rawMessage("H"));
    await client.nextMessage("1");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(1);
    client.send(bindAndExecute, sync);
    await client.messagesUntil("Z");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(0);
    client.destroy();
  });

  test("pipelined requests keep one database connection until the last is answered", async () => {
    const proxy = await startForTest({ maxConnections: 1 });
    const client = await RawClient.logIn(proxy);
    client.send(
      query("begin"),
      query("select pg_backend_pid()"),
      query("commit"),
      query("select pg_backend_pid()"),
    );
    const pids: string[] = [];
    for (let answers = 0; answers < 4; answers += 1) {
      const row = (await client.messagesUntil("Z")).find(({ type }) => type === "D");
      if (row !== undefined) pids.push(row.body.toString());
    }
    expect(pids[0]).toBe(pids[1]);
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(0);
    client.destroy();
  });

  test("COPY keeps its database connection to its end, and data after its failure is dropped", async () => {
    const proxy = await startForTest({ maxConnections: 1 });
    const client = await RawClient.logIn(proxy);
    client.send(query("create table copied_shared (id int)"));
    await client.messagesUntil("Z");
    client.send(query("copy copied_shared from stdin"));
    await client.nextMessage("G");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(1);
    client.send(rawMessage("d", "1\n"), rawMessage("c"));
    await client.messagesUntil("Z");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(0);

    client.send(query("copy copied_shared from stdin"));
    await client.nextMessage("G");
    client.send(rawMessage("d", "no number\n"), rawMessage("d", "2\n"), rawMessage("c"));
    expect(errorFields(await client.nextMessage("E")).code).toBe("22P02");
    await client.nextMessage("Z");
    client.send(rawMessage("d", "3\n"), rawMessage("c"), query("select count(*) from copied_shared"));
    const row = (await client.messagesUntil("Z")).find(({ type }) => type === "D");
    expect(row?.body.subarray(6).toString()).toBe("1");
    client.send(query("drop table copied_shared"));
    await client.messagesUntil("Z");
    client.destroy();
  });

  test("only clients of the same user, database and startup settings share a connection", async () => {
    const { user, password } = inject("postgres");
    const proxy = await startForTest({ users: { batch: { user, password } } });
    const settings =
      "select current_setting('search_path') as path, current_setting('application_name') as name";
    const usual = await connectClient(proxy);
    const named = await connectClient(proxy, { config: { application_name: "named" } });
    const other = await connectClient(proxy, { database: "template1" });
    expect((await usual.query(settings)).rows[0].name).toBe("");
    expect((await named.query(settings)).rows[0].name).toBe("named");
    expect((await other.query("select current_database() as db")).rows).toEqual([{ db: "template1" }]);
    expect(proxy.metrics().DatabaseConnections).toBe(3);
    await (await connectClient(proxy)).end();
    expect(proxy.metrics().DatabaseConnections).toBe(3);
    await Promise.all([usual.end(), named.end(), other.end()]);
  });

  test("a borrow timeout at the start of a transaction is an error, and the client stays connected", async () => {
    const proxy = await startForTest({ maxConnections: 1, borrowTimeoutMs: 50 });
    const holder = await connectClient(proxy);
    const client = await connectClient(proxy);
    await holder.query("begin");
    await expect(client.query("select 1")).rejects.toMatchObject({ ...timedOut, severity: "ERROR" });
    await expect(client.query("select $1::int", [1])).rejects.toMatchObject(timedOut);
    await holder.query("commit");
    expect((await client.query("select $1::int as one", [1])).rows).toEqual([{ one: 1 }]);
    expect(client.errors).toEqual([]);
    await Promise.all([holder.end(), client.end()]);
  });

  test("an extended request that cannot borrow is skipped up to its Sync", async () => {
    const proxy = await startForTest({ maxConnections: 1, borrowTimeoutMs: 500 });
    const holder = await connectClient(proxy);
    const client = await RawClient.logIn(proxy);
    await holder.query("begin");
    client.send(parse("select 1"), rawMessage("H"));
    expect(errorFields(await client.nextMessage())).toMatchObject({ severity: "ERROR", ...timedOut });
    await holder.query("commit");
    client.send(bindAndExecute, sync, query("select 2"));
    expect((await client.messagesUntil("Z")).map(({ type }) => type).join("")).toBe("Z");
    expect((await client.messagesUntil("Z")).map(({ type }) => type).join("")).toBe("TDCZ");
    client.destroy();
    await holder.end();
  });

  test("with statementBorrowTimeout close, the error is FATAL and ends the session", async () => {
    const proxy = await startForTest({
      maxConnections: 1,
      borrowTimeoutMs: 20,
      statementBorrowTimeout: "close",
    });
    const holder = await connectClient(proxy);
    const client = await connectClient(proxy);
    await holder.query("begin");
    await expect(client.query("select 1")).rejects.toMatchObject({ ...timedOut, severity: "FATAL" });
    await eventually(() => proxy.metrics().ClientConnections === 1);
    await holder.end();
  });

  test("with a borrow timeout of 0 only idle connections are borrowed, even below the maximum", async () => {
    const proxy = await startForTest({ maxConnections: 5, borrowTimeoutMs: 0 });
    expect(await loginFailure(proxy)).toMatchObject({ ...timedOut, severity: "FATAL" });
    // The refused borrower caused a connection to be opened for the next one.
    await eventually(() => proxy.metrics().DatabaseConnections === 1);
    const client = await connectClient(proxy);
    await client.query("begin");
    expect(await loginFailure(proxy)).toMatchObject(timedOut);
    await client.end();
  });

  test("without multiplexing each client has a database connection of its own", async () => {
    const proxy = await startForTest({ multiplexing: false });
    const clients = [await connectClient(proxy), await connectClient(proxy)];
    expect(proxy.metrics()).toMatchObject({
      DatabaseConnections: 2,
      DatabaseConnectionsCurrentlyBorrowed: 2,
    });
    await Promise.all(clients.map((client) => client.end()));
  });

  test("clients do not notice when an idle database connection is closed", async () => {
    const proxy = await startForTest();
    const client = await connectClient(proxy);
    const other = await connectClient(proxy, { config: { application_name: "killer" } });
    await client.query("select 'idle to be killed'");
    await other.query(
      "select pg_terminate_backend(pid, 20000) from pg_stat_activity where query = 'select ''idle to be killed'''",
    );
    await eventually(() => proxy.metrics().DatabaseConnections === 1);
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await Promise.all([client.end(), other.end()]);
  });

  test("the server settings that clients receive at login can be chosen", async () => {
    const proxy = await startForTest({
      postgres: { parameterStatus: { server_version: "16.3" }, sendsBackendKey: false },
    });
    const client = await connectClient(proxy);
    expect(Reflect.get(client, "processID")).toBeNull();
    await client.end();
    const usual = await connectClient(await startForTest());
    expect(Reflect.get(usual, "processID")).toBeGreaterThan(0);
    await usual.end();
  });
});

describeOn("mysql", "MySQL", () => {
  test("many clients share one database connection", async () => {
    const proxy = await startMysqlForTest({ maxConnections: 1 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectMysql(proxy)));
    const answers = await Promise.all(
      clients.map((client, index) =>
        client.query<RowDataPacket[]>(`select ${index} as id, connection_id() as session`),
      ),
    );
    expect(answers.map(([rows]) => Number(rows[0]?.["id"]))).toEqual(clients.map((_, index) => index));
    expect(new Set(answers.map(([rows]) => rows[0]?.["session"])).size).toBe(1);
    expect(proxy.metrics()).toMatchObject({ ClientConnections: 20, DatabaseConnections: 1 });
    await Promise.all(clients.map((client) => client.end()));
  });

  test("a transaction keeps its database connection until the server's status says that it is over", async () => {
    const proxy = await startMysqlForTest({ maxConnections: 1 });
    const client = await connectMysql(proxy);
    const other = await connectMysql(proxy);
    await client.query("create table if not exists shared_transaction (id int) engine=innodb");
    await client.query("begin");
    await expect(client.query("select * from no_such_table")).rejects.toMatchObject({ errno: 1146 });
    const waiting = other.query("select 1 as one");
    await eventually(() => proxy.metrics().DatabaseConnectionRequestsWaiting === 1);
    // DDL commits implicitly.
    await client.query("drop table shared_transaction");
    expect((await waiting)[0]).toEqual([{ one: 1 }]);
    await Promise.all([client.end(), other.end()]);
  });

  test("without autocommit a transaction begins with the first statement", async () => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    const other = await connectMysql(proxy);
    await client.query("create table if not exists implicit_transaction (id int) engine=innodb");
    await client.query("set autocommit = 0");
    // The proxy first reads from the server what that has changed.
    await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 0);
    await client.query("insert into implicit_transaction values (1)");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(1);
    expect((await other.query("select @@autocommit as autocommit"))[0]).toEqual([{ autocommit: 1 }]);
    await client.rollback();
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(0);
    expect((await client.query("select @@autocommit as autocommit"))[0]).toEqual([{ autocommit: 0 }]);
    await client.query("drop table implicit_transaction");
    await Promise.all([client.end(), other.end()]);
  });

  test.each([
    ["time_zone", "set time_zone = '+03:00'", "+03:00"],
    ["sql_mode", "set session sql_mode = concat('ANSI_QUOTES', '')", "ANSI_QUOTES"],
    ["character_set_client", "set names latin1", "latin1"],
    ["wait_timeout", "set @@session.wait_timeout = 1234", 1234],
    ["transaction_isolation", "set session transaction isolation level serializable", "SERIALIZABLE"],
  ])(
    "%s follows its client to another database connection, and does not reach other clients",
    async (name, statement, value) => {
      const proxy = await startMysqlForTest();
      const client = await connectMysql(proxy);
      const other = await connectMysql(proxy);
      const read = async (connection: typeof client): Promise<unknown> => {
        const [rows] = await connection.query<RowDataPacket[]>(
          `show session variables where variable_name in ('${name}', '${name.replace("transaction", "tx")}')`,
        );
        return rows[0]?.["Value"];
      };
      const usual = await read(other);
      await client.query(statement);
      expect(await read(client)).toBe(String(value));
      expect(await read(other)).toBe(usual);

      // The connection with the value ends, so that the client gets a new one.
      proxy.faults.beginFailover();
      proxy.faults.endFailover();
      expect(await read(client)).toBe(String(value));
      expect(await read(other)).toBe(usual);
      expect(proxy.metrics().DatabaseConnectionsCurrentlySessionPinned).toBe(0);
      await Promise.all([client.end(), other.end()]);
    },
  );

  test("a distributed transaction keeps its database connection too", async () => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    await client.query("create table if not exists distributed (id int) engine=innodb");
    await client.query("xa start 'multiplexing'");
    await client.query("insert into distributed values (1)");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(1);
    await client.query("xa end 'multiplexing'");
    await client.query("xa rollback 'multiplexing'");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyBorrowed).toBe(0);
    await client.query("drop table distributed");
    await client.end();
  });

  test("clients still share a connection after a tracked variable is set to its old value", async () => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    await client.query("set autocommit = 1, time_zone = 'SYSTEM'");
    await (await connectMysql(proxy)).end();
    expect(proxy.metrics().DatabaseConnections).toBe(1);
    await client.end();
  });

  test("the current database follows its client, by USE, COM_INIT_DB and DROP DATABASE", async () => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    const other = await RawMysqlClient.logIn(proxy);
    const current = async (): Promise<unknown> =>
      (await client.query<RowDataPacket[]>("select database() as name"))[0][0]?.["name"];
    await client.query("create database if not exists multiplexed_db");
    await client.query("use multiplexed_db");
    expect(await current()).toBe("multiplexed_db");
    other.send(rawCommand(3, "select database()"));
    expect((await other.packets(5))[3]?.payload.toString("utf8", 1)).toBe(inject("mysql").database);
    other.send(rawCommand(2, "multiplexed_db"));
    await other.nextPacket();
    other.send(rawCommand(3, "select database()"));
    expect((await other.packets(5))[3]?.payload.toString("utf8", 1)).toBe("multiplexed_db");
    await client.query("drop database multiplexed_db");
    expect(await current()).toBeNull();
    other.destroy();
    await client.end();
  });

  test("COM_RESET_CONNECTION moves the client to another database connection", async () => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    await client.query("set time_zone = '+05:00'");
    await client.reset();
    expect((await client.query("select @@time_zone as zone"))[0]).toEqual([{ zone: "SYSTEM" }]);
    await client.end();
  });

  test("a borrow timeout at the start of a transaction is an error with the number that the client expects", async () => {
    const proxy = await startMysqlForTest({ maxConnections: 1, borrowTimeoutMs: 500 });
    const holder = await connectMysql(proxy);
    const client = await RawMysqlClient.logIn(proxy);
    await holder.query("begin");
    const text = "Timed-out waiting to acquire database connection";
    client.send(rawCommand(3, "select 1"), rawCommand(0x0e));
    expect(errorOf(await client.nextPacket())).toEqual({ sequence: 1, errno: 9501, sqlState: "HY000", text });
    expect(errorOf(await client.nextPacket())).toMatchObject({ sequence: 1, errno: 9501 });
    await holder.rollback();
    client.send(rawCommand(0x0e));
    expect((await client.nextPacket()).payload[0]).toBe(0);
    client.destroy();
    await holder.end();
  });

  test("with statementBorrowTimeout close, the error ends the session", async () => {
    const proxy = await startMysqlForTest({
      maxConnections: 1,
      borrowTimeoutMs: 20,
      statementBorrowTimeout: "close",
    });
    const holder = await connectMysql(proxy);
    const client = await connectMysql(proxy);
    await holder.query("begin");
    await expect(client.query("select 1")).rejects.toMatchObject({ errno: 9501 });
    await eventually(() => proxy.metrics().ClientConnections === 1);
    await holder.end();
  });
});
