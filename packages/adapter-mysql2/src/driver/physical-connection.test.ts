import { EventEmitter } from "node:events";
import { setImmediate as endOfTurn } from "node:timers/promises";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { deadlineIn, resolveOptions } from "@rds-proxy/core/adapter";
import { type Connection, type ConnectionOptions, format } from "mysql2";
import { describe, expect, it, vi } from "vitest";
import { createVirtualClock, START } from "../../../core/src/testing/virtual-clock.js";
import { AUTOCOMMIT } from "../testing/mysql-stub.js";
import { reportOf, StubConnection } from "../testing/stub-connection.js";
import { openConnection, PhysicalConnection } from "./physical-connection.js";
import { unsafeCharset } from "./session-charset.js";

const IN_TRANS = 1;
const NO_BACKSLASH_ESCAPES = 0x200;

function optionsOf(options: RdsProxyOptions = {}) {
  const clock = createVirtualClock();
  const given = { host: "localhost", user: "app", region: "eu-west-1", ...options };
  const { runtime } = resolveOptions(given, "mysql");
  return { clock, options: resolveOptions(given, "mysql", { ...runtime, clock, env: {} }) };
}

function create(members: object = {}, given: RdsProxyOptions = {}) {
  const { clock, options } = optionsOf(given);
  const stub = Object.assign(new StubConnection(), members);
  const connection: Connection = Object(stub);
  const physical = new PhysicalConnection(connection, options);
  const states = () => [physical.state, physical.stateInPool];
  return { stub, connection, physical, clock, states };
}

describe("the state of a connection, of a lease and in a pool,", () => {
  it.each([
    [{}, "idle", "idle"],
    [{ _command: {} }, "busy", "busy"],
    [{ _command: {}, _paused: true }, "unusable", "busy"],
    [{ _paused: true }, "unusable", "unusable"],
    [{ _closing: true }, "unusable", "unusable"],
    [{ _fatalError: new Error("lost") }, "unusable", "unusable"],
    [{ _protocolError: new Error("odd") }, "unusable", "unusable"],
    [{ _command: {}, _closing: true }, "unusable", "unusable"],
  ])("with %o is %s and %s", (members, ofLease, inPool) => {
    expect(create(members).states()).toEqual([ofLease, inPool]);
  });

  it.each([
    ["the server has closed its side", (stub: StubConnection) => stub.stream.resume().push(null)],
    ["this side was closed", (stub: StubConnection) => stub.stream.end()],
    ["mysql2 reports an error", (stub: StubConnection) => stub.emit("error", new Error("lost"))],
    ["mysql2 reports the end", (stub: StubConnection) => stub.emit("end")],
    [
      "the server shuts down",
      (stub: StubConnection) => stub.receive([0xff, 0x1d, 0x04, ...Buffer.from("bye")]),
    ],
  ])("is unusable after %s", async (_, happen) => {
    const { stub, states } = create();
    happen(stub);
    await endOfTurn();
    expect(states()).toEqual(["unusable", "unusable"]);
  });

  it.each([
    [AUTOCOMMIT, AUTOCOMMIT, "idle", "idle"],
    [AUTOCOMMIT, AUTOCOMMIT | IN_TRANS, "transaction", "transaction"],
    [AUTOCOMMIT, 0, "transaction", "idle"],
    [0, 0, "idle", "idle"],
    [IN_TRANS, 0, "idle", "idle"],
    [undefined, 0, "idle", "idle"],
  ])(
    "after a greeting of status %o and an answer of %o is %s and %s",
    (greeting, status, ofLease, inPool) => {
      const _handshakePacket = greeting === undefined ? undefined : { statusFlags: greeting };
      const { stub, states } = create({ _handshakePacket });
      stub.answer(status);
      expect(states()).toEqual([ofLease, inPool]);
      stub._command = {};
      expect(states()).toEqual(["busy", "busy"]);
    },
  );

  it("may be a transaction after an error of a statement, and is unusable after a write that a writer refused", () => {
    const refusedWrite = [0xff, 0x0a, 0x05, ...Buffer.from("read-only")];
    const reader = create({}, { targetRole: "read-only" });
    reader.stub.receive(refusedWrite);
    expect(reader.states()).toEqual(["transaction", "transaction"]);
    const writer = create();
    writer.stub.receive(refusedWrite);
    expect(writer.states()).toEqual(["unusable", "unusable"]);
  });
});

describe("a connection", () => {
  it("was used when its login ended, and then when the server last sent something", async () => {
    const { stub, physical, clock } = create();
    expect([physical.lastUsedAt, physical.isInTurnOfLastUse]).toEqual([START, true]);
    await endOfTurn();
    clock.advance(1000);
    expect([physical.lastUsedAt, physical.isInTurnOfLastUse]).toEqual([START, false]);
    stub.answer(AUTOCOMMIT);
    expect([physical.lastUsedAt, physical.isInTurnOfLastUse]).toEqual([START + 1000, true]);
    expect(physical.connectedAt).toBe(START);
  });

  it("reads backslashes as the last answer says, and unknown while a command runs", () => {
    const { stub, physical } = create();
    expect([physical.backslash, physical.lastBackslash]).toEqual(["unknown", "unknown"]);
    stub.answer(AUTOCOMMIT);
    expect([physical.backslash, physical.lastBackslash]).toEqual(["escape", "escape"]);
    stub.answer(AUTOCOMMIT | NO_BACKSLASH_ESCAPES);
    stub._command = {};
    expect([physical.backslash, physical.lastBackslash]).toEqual(["unknown", "character"]);
  });

  it("writes values as the session reads them", () => {
    const { stub, connection } = create({
      format: (sql: string, values: Parameters<typeof format>[1]) => format(sql, values),
    });
    const written = () => connection.format("select ?", ["\\"]);
    expect(written()).toContain("replace(");
    stub.answer(AUTOCOMMIT);
    expect(written()).toBe("select '\\\\'");
  });

  it("reads statements as the session does", async () => {
    const { stub, physical } = create();
    const { session } = physical;
    await session.untilRead();
    session.adopt();
    const start = (sql: string): readonly string[] => {
      stub._command = { sql, values: [] };
      stub.handlePacket();
      return session.state;
    };
    const sql = "select '\\', get_lock('a', 1) -- '";
    expect(start(sql)).toEqual([]);
    stub.answer(AUTOCOMMIT);
    expect(start(sql)).toEqual([]);
    stub.answer(AUTOCOMMIT | NO_BACKSLASH_ESCAPES);
    expect(start(sql)).not.toEqual([]);
  });

  it("has state that the server reports", async () => {
    const { stub, physical } = create();
    const { session } = physical;
    await session.untilRead();
    session.adopt();
    stub.receiveAnswer(reportOf("time_zone", "+01:00"));
    expect(session.state).toEqual(["server-parameter"]);
  });

  it("has one promise wrapper, with the class of promises that was asked for", () => {
    const promise = vi.fn(() => ({}));
    const { physical } = create({ promise });
    expect(physical.promiseWrapper(Promise)).toBe(physical.promiseWrapper(Promise));
    expect(promise).toHaveBeenCalledExactlyOnceWith(Promise);
  });

  it("keeps the process alive until unref(), and again after ref()", () => {
    const { stub, physical } = create();
    physical.unref();
    expect([stub.stream.ref.mock.calls, stub.stream.unref.mock.calls]).toEqual([[], [[]]]);
    physical.ref();
    expect([stub.stream.ref.mock.calls, stub.stream.unref.mock.calls]).toEqual([[[]], [[]]]);
  });

  it("is unusable and closed after destroy(), and only unusable when it is marked so", () => {
    const marked = create();
    marked.physical.markUnusable();
    expect([marked.physical.state, marked.stub.stream.destroyed]).toEqual(["unusable", false]);
    const destroyed = create();
    destroyed.physical.destroy();
    expect([destroyed.physical.state, destroyed.stub.stream.destroyed]).toEqual(["unusable", true]);
  });

  it("notes an open transaction, which uses up the settings for the next one", async () => {
    const { stub, physical } = create();
    const { session } = physical;
    await session.untilRead();
    session.adopt();
    const send = (text: string, status: number) => {
      session.sent({ text, isPrepared: false, hasBackslashEscapes: true, isOfConnection: false });
      stub.answer(status);
      return session.state;
    };
    expect(send("set transaction isolation level serializable", AUTOCOMMIT)).not.toEqual([]);
    expect(send("select 1", AUTOCOMMIT)).not.toEqual([]);
    expect(send("call begin_one()", AUTOCOMMIT | IN_TRANS)).toEqual([]);
  });
});

describe("untilIdle()", () => {
  it("resolves at once without a command", async () => {
    await create().physical.untilIdle();
  });

  it.each([
    ["its connection fails", (stub: StubConnection) => stub.emit("error", new Error("lost"))],
    ["its connection ends", (stub: StubConnection) => stub.emit("end")],
    ["all commands have ended", finishAll],
  ])("waits for every command, until %s", async (_, happen) => {
    const { stub, physical } = create();
    const [first, second] = [new EventEmitter(), new EventEmitter()];
    stub._command = first;
    const seen = vi.fn();
    const idle = physical.untilIdle().then(seen);
    stub._command = second;
    first.emit("end");
    await endOfTurn();
    expect(seen).not.toHaveBeenCalled();
    happen(stub, second);
    await idle;
    expect([first, second].map((command) => command.eventNames())).toEqual([[], []]);
  });

  function finishAll(stub: StubConnection, command: EventEmitter): void {
    stub._command = undefined;
    command.emit("end");
  }
});

describe("a statement in a character set that is not safe", () => {
  /** Why a statement is not sent; undefined if it is. */
  async function refusalOf(
    values: unknown,
    rule?: (sql: string, physical: PhysicalConnection) => string | undefined,
  ) {
    const stub = new StubConnection();
    const physical = new PhysicalConnection(Object(stub), optionsOf().options, rule);
    stub.receiveAnswer(reportOf("character_set_client", "gbk"));
    expect(physical.unsafeCharset).toBe("gbk");

    const onResult = vi.fn();
    const command = { onResult, sql: "select ?", values };
    stub._command = command;
    stub.handlePacket();
    const start: unknown = Reflect.get(command, "start");
    if (typeof start !== "function") return undefined;
    start()();
    return onResult.mock.lastCall?.[0].message;
  }

  it.each([[["a"]], [{ a: 1 }]])("is refused with values: %o", async (values) => {
    expect(await refusalOf(values)).toBe(unsafeCharset("gbk"));
  });

  it.each([[[]], [{}], [null], [undefined], ["text"]])("is sent without values: %o", async (values) => {
    expect(await refusalOf(values)).toBeUndefined();
  });

  it("is refused by the rule that the connection was opened with, if there is one", async () => {
    expect(await refusalOf([], (sql, physical) => `${sql} in ${physical.unsafeCharset}`)).toBe(
      "select ? in gbk",
    );
    expect(await refusalOf(["a"], () => undefined)).toBeUndefined();
  });

  it("is sent with values in another one", () => {
    const { stub } = create();
    const command = { sql: "select ?", values: ["a"] };
    stub._command = command;
    stub.handlePacket();
    expect(command).not.toHaveProperty("start");
  });
});

describe("a connection that is opened", () => {
  function open() {
    const { options, clock } = optionsOf();
    const stub = new StubConnection();
    const createConnection = vi.fn((_: ConnectionOptions): Connection => Object(stub));
    const createConfig = () => ({ host: "localhost", connectTimeout: 1234 });
    const attempt = { number: 1, deadline: deadlineIn(5000, clock) };
    const opening = openConnection(createConnection, options, createConfig, attempt);
    return { stub, opening, createConnection };
  }

  it("has no timer of mysql2's, and is the physical connection after the login", async () => {
    const { stub, opening, createConnection } = open();
    expect(createConnection).toHaveBeenCalledExactlyOnceWith({ host: "localhost", connectTimeout: 0 });
    stub.emit("connect");
    const physical = await opening.opened;
    expect([physical.connection, physical.state]).toEqual([opening.connection, "idle"]);
    opening.destroy();
    expect(stub.stream.destroyed).toBe(true);
  });

  it("closes its socket if the server sends too many packets out of order", () => {
    const { stub, opening } = open();
    opening.opened.catch(() => undefined);
    stub.stream.on("error", () => undefined);
    stub._command = {};
    for (let count = 0; count < 100; count++) stub.handlePacket({ sequenceId: 7, peekByte: () => 0 });
    expect(stub.stream.errored).toMatchObject({ code: "PROTOCOL_PACKETS_OUT_OF_ORDER" });
  });

  it("closes its socket if the login fails, and survives further errors", async () => {
    const { stub, opening } = open();
    const refused = Object.assign(new Error("Access denied"), {
      errno: 1045,
      code: "ER_ACCESS_DENIED_ERROR",
    });
    stub.emit("error", refused);
    await expect(opening.opened).rejects.toBe(refused);
    expect(stub.stream.destroyed).toBe(true);
    expect(() => stub.emit("error", new Error("closed"))).not.toThrow();
  });

  it("is refused with a version of mysql2 that does not show the encrypted stream", async () => {
    const { stub, opening } = open();
    Object.assign(stub.stream, { encrypted: undefined });
    stub.emit("connect");
    await expect(opening.opened).rejects.toMatchObject({
      code: "RDS_PROXY_UNSUPPORTED",
      message: "mysql2 3.15 or later is needed: update it.",
    });
    expect(stub.stream.destroyed).toBe(true);
  });
});
