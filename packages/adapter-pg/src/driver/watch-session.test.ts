import { RdsProxyError } from "@rds-proxy/core";
import { SessionWatch } from "@rds-proxy/core/adapter";
import pg from "pg";
import { afterEach, describe, expect, it, vi } from "vitest";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { internalsOf } from "./pg-internals.js";
import { watchSession } from "./watch-session.js";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A watched client without a server, and what its session receives. */
function watch() {
  const { connection } = new pg.Client();
  const driver = { query: vi.fn(() => "queried"), parse: vi.fn(() => "parsed"), bind: vi.fn(() => "bound") };
  Object.assign(connection, driver);
  const queue = { isSendingMarked: false, markWaiting: vi.fn() };
  const watched = watchSession(
    Object.assign(new pg.Client(), { connection }),
    resolvedOptions(),
    () => queue,
  );
  const sent = vi.spyOn(SessionWatch.prototype, "sent");
  const ended = vi.spyOn(SessionWatch.prototype, "ended");
  return {
    ...watched,
    driver,
    queue,
    connection: internalsOf(connection),
    sent: () => sent.mock.calls.splice(0).map(([statement]) => statement),
    ended: () => ended.mock.calls.splice(0).map(([how]) => how),
    report: (parameterName: string, parameterValue: string) =>
      connection.emit("parameterStatus", { parameterName, parameterValue }),
    /** The answer to a text: its statements' tags, and the transaction's status after it. */
    answer(tags: readonly string[], status: string): void {
      for (const text of tags) connection.emit("commandComplete", { text });
      connection.emit("readyForQuery", { status });
    },
  };
}

const PLAIN = {
  isPrepared: false,
  isInTransaction: false,
  hasBackslashEscapes: false,
  isOfConnection: false,
};

describe("a statement that is sent", () => {
  it("by the simple protocol is noted, and passed on", () => {
    const { connection, driver, sent } = watch();
    expect(connection.query("select 1")).toBe("queried");
    expect(sent()).toEqual([{ ...PLAIN, text: "select 1" }]);
    expect(driver.query.mock.calls).toEqual([["select 1"]]);
    expect(driver.query.mock.contexts).toEqual([connection]);
  });

  it("by the extended protocol is noted once, and passed on with all arguments", () => {
    const { connection, driver, sent } = watch();
    expect(connection.parse({ text: "select $1" }, true)).toBe("parsed");
    expect(connection.bind({ statement: "" }, true)).toBe("bound");
    expect(sent()).toEqual([{ ...PLAIN, text: "select $1" }]);
    expect(driver.parse.mock.calls).toEqual([[{ text: "select $1" }, true]]);
    expect(driver.bind.mock.calls).toEqual([[{ statement: "" }, true]]);
    expect([...driver.parse.mock.contexts, ...driver.bind.mock.contexts]).toEqual([connection, connection]);
  });

  it("by its name is noted each time that it runs", () => {
    const { connection, sent } = watch();
    const one = { ...PLAIN, isPrepared: true, text: "select 1" };
    const two = { ...PLAIN, isPrepared: true, text: "select 2" };
    connection.parse({ name: "one", text: "select 1" });
    connection.bind({ statement: "one" });
    expect(sent()).toEqual([one]);
    connection.bind({ statement: "one" });
    expect(sent()).toEqual([one]);
    connection.parse({ name: "two", text: "select 2" });
    connection.bind({ statement: "one" });
    connection.bind({ statement: "two" });
    expect(sent()).toEqual([two, one, two]);
  });

  it("without a name, or by one that was not parsed, is not noted when it is bound", () => {
    const { connection, sent } = watch();
    connection.parse({ text: "select 1" });
    connection.bind({});
    sent();
    connection.bind({});
    connection.bind({ statement: "unknown" });
    expect(sent()).toEqual([]);
  });

  it.each([
    ["I", false],
    ["T", true],
    ["E", true],
  ])("after the status %s is in a transaction: %s", (status, isInTransaction) => {
    const { connection, answer, sent } = watch();
    answer(["SELECT 1"], status);
    connection.query("select 1");
    expect(sent()).toMatchObject([{ isInTransaction }]);
  });

  it("is the connection's if it waited when the state was adopted", () => {
    const { connection, queue, sent, session } = watch();
    session.adopt();
    expect(queue.markWaiting).toHaveBeenCalledOnce();
    queue.isSendingMarked = true;
    connection.query("listen jobs");
    expect(sent()).toMatchObject([{ isOfConnection: true }]);
  });
});

describe("the end of a transaction", () => {
  it.each([
    ["a rollback", [["ROLLBACK", "I"]], ["rollback"]],
    [
      "a rollback after an error",
      [
        ["", "E"],
        ["ROLLBACK", "I"],
      ],
      ["rollback"],
    ],
    [
      "a rollback after other statements",
      [
        ["SELECT 1", "T"],
        ["SELECT 1", "T"],
        ["ROLLBACK", "I"],
      ],
      ["rollback"],
    ],
    ["a commit", [["COMMIT", "I"]], ["commit", "commit"]],
    ["a commit that begins another transaction", [["COMMIT", "T"]], ["commit"]],
    ["a transaction that is prepared for a later commit", [["PREPARE TRANSACTION", "I"]], ["commit"]],
    [
      "a rollback as one of several statements, of which another may have committed",
      [["SELECT 1;ROLLBACK", "I"]],
      ["commit"],
    ],
    ["no end", [["SELECT 1", "T"]], []],
    ["an answer without any statement", [["", "I"]], ["commit"]],
    [
      "a rollback without a transaction",
      [
        ["ROLLBACK", "I"],
        ["ROLLBACK", "I"],
      ],
      ["rollback"],
    ],
  ] as const)("is noted for %s", (_, answers, expected) => {
    const { answer, ended } = watch();
    answer(["BEGIN"], "T");
    for (const [tags, status] of answers) answer(tags === "" ? [] : tags.split(";"), status);
    expect(ended()).toEqual(expected);
  });
});

describe("a parameter that the server reports", () => {
  it("is passed to the session, except one that only a failover changes", () => {
    const { report } = watch();
    const changed = vi.spyOn(SessionWatch.prototype, "parameterChanged");
    report("TimeZone", "UTC");
    report("in_hot_standby", "on");
    expect(changed.mock.calls).toEqual([["TimeZone", "UTC"]]);
  });

  it("says whether a backslash escapes", () => {
    const { connection, refusalOf, report, sent } = watch();
    const refusal = vi.spyOn(SessionWatch.prototype, "refusal");
    for (const [name, value] of [
      ["standard_conforming_strings", "off"],
      ["TimeZone", "UTC"],
      ["standard_conforming_strings", "on"],
    ] as const) {
      report(name, value);
      connection.query("select 1");
      refusalOf("select 1");
    }
    const expected = [true, true, false];
    expect(sent().map(({ hasBackslashEscapes }) => hasBackslashEscapes)).toEqual(expected);
    expect(refusal.mock.calls.map(([statement]) => statement.hasBackslashEscapes)).toEqual(expected);
  });
});

describe("a query that may be refused", () => {
  const text = "listen jobs";

  it.each([
    ["a text", text, false],
    ["a configuration", { text }, false],
    ["a named statement", { name: "jobs", text }, true],
    ["a statement with an empty name", { name: "", text }, false],
    ["a query stream", { cursor: { text } }, false],
  ])("is read if it is %s", (_, query, isPrepared) => {
    const error = new RdsProxyError("RDS_PROXY_PINNED", "It would pin.");
    const { refusalOf } = watch();
    const refusal = vi.spyOn(SessionWatch.prototype, "refusal").mockReturnValue(error);
    expect(refusalOf(query)).toBe(error);
    expect(refusal.mock.calls).toEqual([[{ text, isPrepared, hasBackslashEscapes: false }]]);
  });

  it.each([undefined, null, 1, {}, { text: 1 }, { cursor: {} }])(
    "is left to node-postgres if it is %o",
    (query) => {
      const refusal = vi.spyOn(SessionWatch.prototype, "refusal");
      expect(watch().refusalOf(query)).toBeUndefined();
      expect(refusal).not.toHaveBeenCalled();
    },
  );
});
