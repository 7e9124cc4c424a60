import { onRdsProxyEvent } from "@rds-proxy/core";
import { resolveOptions } from "@rds-proxy/core/adapter";
import type { Connection } from "mysql2";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { watchSession } from "./watch-session.js";

const options = resolveOptions({ host: "localhost", user: "app", region: "eu-west-1" }, "mysql");

type Callback = (error: Error | null) => void;

/** As much of mysql2's connection as is watched: commands start and end as the test says. */
class StubConnection {
  _command: object | undefined;
  readonly waiting: object[] = [];
  readonly _commands = { toArray: () => this.waiting };
  answer: Error | null = null;

  handlePacket(_packet?: unknown): void {}

  changeUser(_options: unknown, callback: Callback): void {
    callback(this.answer);
  }

  reset(callback: Callback): void {
    callback(this.answer);
  }

  start(command: object): void {
    this._command = command;
    this.handlePacket();
  }
}

function watchStub() {
  const stub = new StubConnection();
  const connection: Connection = Object(stub);
  return { stub, ...watchSession(connection, options, () => true) };
}

beforeAll(() => watchStub().session.untilRead());

test("sees query() when it starts, and a statement that is prepared", () => {
  const pins: string[] = [];
  onTestFinished(onRdsProxyEvent("pin", ({ kind }) => pins.push(kind)));
  const { stub, session } = watchStub();
  session.adopt();
  stub.start({ query: "select ?" });
  stub.start({ sql: "select ?", statement: undefined });
  stub.start({ sql: "use shop" });
  expect(session.state).toEqual(["use-database"]);
  expect(pins).toEqual(["prepared-statement"]);
});

test("commands that were queued when the state was adopted count as connection set-up", () => {
  const { stub, session } = watchStub();
  const [first, second] = [{ sql: "set @a = 1" }, { sql: "set @b = 1" }];
  stub.waiting.push(first, second);
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
});
