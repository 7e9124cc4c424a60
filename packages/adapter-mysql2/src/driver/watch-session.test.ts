import { onRdsProxyEvent } from "@rds-proxy/core";
import { resolveOptions } from "@rds-proxy/core/adapter";
import type { Connection } from "mysql2";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { sessionOf, watchSession } from "./watch-session.js";

const ENDPOINT = { host: "localhost", user: "app", region: "eu-west-1" };
const options = resolveOptions(ENDPOINT, "mysql");

type Callback = (error: Error | null) => void;

/** As much of mysql2's connection as is watched: commands start and end as the test says. */
class StubConnection {
  _command: object | undefined;
  readonly waiting: object[] = [];
  readonly _commands = { toArray: () => this.waiting };
  answer: Error | null = null;

  handlePacket(_packet?: unknown): void {}

  changeUser(options: object | Callback, callback?: Callback): void {
    if (typeof options === "function") options(this.answer);
    else callback?.(this.answer);
  }

  reset(callback: Callback): void {
    callback(this.answer);
  }

  start(command: object): void {
    this._command = command;
    this.handlePacket();
  }
}

function watchStub(members: object = {}, given = options) {
  const stub = Object.assign(new StubConnection(), members);
  const connection: Connection = Object(stub);
  return { stub, connection, ...watchSession(connection, given, () => true) };
}

beforeAll(() => watchStub().session.untilRead());

test("sees query() when it starts, and a statement that is prepared", () => {
  const pins: string[] = [];
  onTestFinished(onRdsProxyEvent("pin", ({ kind }) => pins.push(kind)));
  const { stub, session } = watchStub();
  session.adopt();
  stub.start({ sql: "select 1" });
  stub.start({ sql: "set @a = 1", statement: undefined });
  stub.start({ sql: "set @a = 1", next: () => undefined });
  stub.start({ sql: { toString: () => "set @a = 1" } });
  stub.start({});
  expect([session.state, pins]).toEqual([[], []]);
  stub.start({ query: "select ?" });
  expect(pins).toEqual(["prepared-statement"]);
  stub.start({ sql: "use shop" });
  expect(session.state).toEqual(["use-database"]);
  expect(pins).toEqual(["prepared-statement"]);
});

test("a packet is passed on to mysql2, and starts no command; neither does an idle connection", () => {
  const handlePacket = vi.fn((_packet: unknown) => "handled");
  const { stub, session } = watchStub({ handlePacket });
  session.adopt();
  expect(stub.handlePacket()).toBe("handled");
  stub._command = { sql: "set @a = 1" };
  const packet = {};
  expect(stub.handlePacket(packet)).toBe("handled");
  expect(handlePacket.mock.calls).toEqual([[undefined], [packet]]);
  expect(session.state).toEqual([]);
});

test("a statement that would pin is not sent if `onPin` is `throw`, unless it belongs to the connection", () => {
  const strict = resolveOptions({ ...ENDPOINT, onPin: "throw" }, "mysql");
  const { stub, session } = watchStub({}, strict);
  const setup = { query: "select ?" };
  stub.waiting.push(setup);
  session.adopt();
  stub.start(setup);
  expect(setup).not.toHaveProperty("start");
  const onResult = vi.fn();
  const pinning = { query: "select ?", onResult };
  stub.start(pinning);
  const fail: unknown = Reflect.apply(Reflect.get(pinning, "start"), pinning, []);
  if (typeof fail !== "function") throw new Error("the command has no next step");
  fail();
  expect(onResult).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "RDS_PROXY_PINNED" }));
});

test("the session of a watched connection is found by the connection", () => {
  const { connection, session } = watchStub();
  expect(sessionOf(connection)).toBe(session);
  expect(sessionOf(Object(new StubConnection()))).toBeUndefined();
});

test("commands that were queued when the state was adopted count as connection set-up", () => {
  const { stub, session } = watchStub();
  const [first, second] = [{ sql: "set @a = 1" }, { sql: "set @b = 1" }];
  stub.waiting.push(first, second);
  stub._command = first;
  stub.waiting.shift();
  session.adopt();
  stub.start(first);
  stub.start(second);
  expect(session.state).toEqual([]);
  stub.start({ sql: "set @c = 1" });
  expect(session.state).toEqual(["set-variable"]);
});

test("a change that the server reports counts unless a statement explains it or it belongs to the connection", () => {
  const { stub, session, changed } = watchStub();
  const setup = { sql: "call set_up()" };
  stub.waiting.push(setup);
  session.adopt();
  changed(Object(setup));
  expect(session.state).toEqual([]);
  changed(Object({ sql: "call set_zone()" }));
  expect(session.state).toEqual(["server-parameter"]);

  const other = watchStub();
  other.session.adopt();
  other.stub.start({ sql: "set time_zone = '+09:00'" });
  other.changed(Object({}));
  expect(other.session.state).toEqual(["set-tracked-variable"]);
});

test("another user's session is state, unless the server refused; a reset one is clean", () => {
  const { stub, session } = watchStub();
  session.adopt();
  const answers: unknown[] = [];
  stub.answer = new Error("Access denied");
  stub.changeUser({}, (error) => answers.push(error));
  expect(session.state).toEqual([]);
  stub.answer = null;
  stub.changeUser({ user: "other" }, (error) => answers.push(error));
  expect(session.state).toEqual(["change-user"]);
  stub.reset((error) => answers.push(error));
  expect(session.state).toEqual([]);
  expect(answers).toEqual([new Error("Access denied"), null, null]);
  // Without a callback, and with nothing else.
  stub.changeUser({ user: "other" });
  expect(session.state).toEqual(["change-user"]);
  Reflect.apply(stub.reset, stub, []);
  expect(session.state).toEqual([]);
  stub.changeUser((error: Error | null) => answers.push(error));
  expect(session.state).toEqual(["change-user"]);
  expect(answers).toHaveLength(4);
});

test("a version of mysql2 without reset() has none", () => {
  expect(watchStub({ reset: undefined }).stub.reset).toBeUndefined();
});
