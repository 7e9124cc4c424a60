import { expect, test } from "vitest";
import { connectClient } from "../testing/proxied-client.js";
import { connectMysql } from "../testing/proxied-mysql-client.js";
import { RawClient, rawMessage } from "../testing/raw-client.js";
import { RawMysqlClient, rawCommand } from "../testing/raw-mysql-client.js";
import { startForTest } from "../testing/start-for-test.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";
import { describeOn } from "../testing/tested-engines.js";

const query = 3;

/** In a client's character set of two bytes, this is one character and a quote. */
const characterWithBackslash = Buffer.from("bf5c27", "hex");

describeOn("mysql", "MySQL", () => {
  test.each([
    ["NO_BACKSLASH_ESCAPES", "select '\\', @a := 1 -- '"],
    ["ANSI_QUOTES", 'select 1 as "\\", @a := 1 -- "'],
    ["ANSI_QUOTES,NO_BACKSLASH_ESCAPES", 'select 1 as "\\", \'\\\', @a := 1 -- "'],
  ])("a statement is read under the SQL mode %s of its session", async (sqlMode, statement) => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    await client.query(statement).catch(() => undefined);
    expect(proxy.pins()).toEqual([]);
    await client.query(`set sql_mode = '${sqlMode}'`);
    await client.query(statement);
    expect(proxy.pins()).toMatchObject([{ rule: "set-variable" }]);
    await client.end();
  });

  test.each([
    ["set sql_mode = 'ANSI_QUOTES'", `select 1 as "\\", @a := 1 -- "`],
    ["set @@session.sql_mode := ansi", `select 1 as "\\", @a := 1 -- "`],
    ["set session sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES'", "select '\\', @a := 1 -- '"],
  ])("a statement of a transaction is read as %s in it says", async (change, statement) => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    await client.query("begin");
    await client.query(change);
    await client.query(statement);
    expect(proxy.pins()).toMatchObject([{ rule: "set-variable" }]);
    await client.end();
  });

  test("a mode that the server refuses is not kept beyond the transaction", async () => {
    const proxy = await startMysqlForTest();
    const client = await connectMysql(proxy);
    await client.query("begin");
    await expect(client.query("set sql_mode = 'ANSI_QUOTES,NO_SUCH_MODE'")).rejects.toMatchObject({
      errno: 1231,
    });
    await client.query("commit");
    await client.query('select "\\", @a := 1 -- "');
    expect(proxy.pins()).toEqual([]);
    await client.end();
  });

  test.each(["set names gbk", "set character set 'gbk'", "set character_set_client = gbk"])(
    "a statement of a transaction is read in the character set of %s in it",
    async (change) => {
      const proxy = await startMysqlForTest();
      const client = await RawMysqlClient.logIn(proxy);
      const statement = Buffer.concat([
        Buffer.from("do '"),
        characterWithBackslash,
        Buffer.from(", @a := 1 -- '"),
      ]);
      for (const text of ["begin", change, statement]) {
        client.send(rawCommand(query, text));
        expect((await client.nextPacket()).payload[0]).toBe(0);
      }
      expect(proxy.pins()).toMatchObject([{ rule: "set-variable", digest: expect.stringContaining("@a") }]);
      client.destroy();
    },
  );

  test.each(["NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"])(
    "the first statement is read under the server's SQL mode %s",
    async (sqlMode) => {
      const proxy = await startMysqlForTest({ initQuery: `set sql_mode = '${sqlMode}'` });
      const client = await connectMysql(proxy);
      const quote = sqlMode === "ANSI_QUOTES" ? '"' : "'";
      await client.query(`select 1 as ${quote}\\${quote}, @a := 1 -- ${quote}`);
      expect(proxy.pins()).toMatchObject([{ rule: "set-variable" }]);
      await client.end();
    },
  );

  test.each(["gbk", "big5", "sjis"])("a statement is read in the character set %s", async (charset) => {
    const proxy = await startMysqlForTest();
    const client = await RawMysqlClient.logIn(proxy);
    const character = charset === "sjis" ? Buffer.from("835c27", "hex") : characterWithBackslash;
    const statement = Buffer.concat([Buffer.from("do '"), character, Buffer.from(", @a := 1 -- '")]);
    client.send(rawCommand(query, "set names utf8mb4"));
    await client.nextPacket();
    client.send(rawCommand(query, statement));
    await client.nextPacket();
    expect(proxy.pins()).toEqual([]);
    client.send(rawCommand(query, `set names ${charset}`));
    await client.nextPacket();
    client.send(rawCommand(query, statement));
    expect((await client.nextPacket()).payload[0]).toBe(0);
    expect(proxy.pins()).toMatchObject([{ rule: "set-variable", digest: expect.stringContaining("@a") }]);
    client.destroy();
  });
});

describeOn("postgres", "PostgreSQL", () => {
  test("a statement is read with escapes while standard_conforming_strings is off", async () => {
    const proxy = await startForTest({ initQuery: "set standard_conforming_strings = off" });
    const client = await connectClient(proxy);
    expect((await client.query("select '\\'; set work_mem = 1 --' as text")).rows).toEqual([
      { text: "'; set work_mem = 1 --" },
    ]);
    expect(proxy.pins()).toEqual([]);
    await client.query("select '\\''; set work_mem = '1MB' --'");
    expect(proxy.pins()).toMatchObject([{ rule: "set" }]);
    await client.end();
  });

  test("standard_conforming_strings is followed when it changes without a pin", async () => {
    const proxy = await startForTest({ pinning: { rules: { set: false } } });
    const client = await connectClient(proxy);
    await client.query("set standard_conforming_strings = off");
    await client.query("select '\\'; listen x --'");
    expect(proxy.pins()).toEqual([]);
    await client.end();
  });

  test("a statement is read in the client's encoding", async () => {
    const proxy = await startForTest();
    const client = await RawClient.logIn(proxy, { client_encoding: "SJIS" });
    const [before, after] = ["select E'", "', set_config('a.b', 'c', false), '\0"];
    client.send(
      rawMessage("Q", Buffer.concat([Buffer.from(before), Buffer.from("835c", "hex"), Buffer.from(after)])),
    );
    expect((await client.messagesUntil("Z")).map(({ type }) => type)).toEqual(["E", "Z"]);
    expect(proxy.pins()).toMatchObject([{ rule: "set" }]);
    client.destroy();
  });

  test.each([
    [2880, "advisory-lock"],
    [2885, undefined],
  ])("a FunctionCall of the function with the object id %i pins by %s", async (id, rule) => {
    const proxy = await startForTest();
    const client = await RawClient.logIn(proxy);
    const call = Buffer.alloc(24);
    // Object id, one argument in binary form of 8 bytes, result in binary form.
    call.writeUInt32BE(id, 0);
    call.writeUInt16BE(1, 4);
    call.writeUInt16BE(1, 6);
    call.writeUInt16BE(1, 8);
    call.writeUInt32BE(8, 10);
    call.writeBigInt64BE(77n, 14);
    call.writeUInt16BE(1, 22);
    client.send(rawMessage("F", call));
    expect((await client.messagesUntil("Z")).map(({ type }) => type)).toContain("V");
    expect(proxy.pins().map((pin) => pin.rule)).toEqual(rule === undefined ? [] : [rule]);
    client.destroy();
  });
});
