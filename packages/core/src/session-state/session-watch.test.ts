import { beforeAll, expect, onTestFinished, test } from "vitest";
import { onRdsProxyEvent } from "../events.js";
import { resolvedOptions } from "../testing/resolved-options.js";
import { prepareReading, type SentStatement, SessionWatch } from "./session-watch.js";

beforeAll(() => prepareReading({ onPin: "throw", sessionState: undefined }));

const statement = (text: string, more: Partial<SentStatement> = {}): SentStatement => ({
  text,
  hasBackslashEscapes: false,
  ...more,
});

function watchPins(): unknown[] {
  const pins: unknown[] = [];
  onTestFinished(onRdsProxyEvent("pin", ({ kind, source }) => pins.push([kind, source])));
  return pins;
}

test("connection set-up leaves no invocation state, and its pin is reported as its own", () => {
  const pins = watchPins();
  const watch = new SessionWatch(resolvedOptions());
  watch.sent(statement("set search_path to a"));
  watch.adopt();
  expect(watch.state).toEqual([]);
  expect(pins).toEqual([["set", "connect"]]);
});

test("a session is reported as pinned once", () => {
  const pins = watchPins();
  const watch = new SessionWatch(resolvedOptions());
  watch.adopt();
  for (const text of ["select 1", "select nextval('s')", "listen jobs"]) watch.sent(statement(text));
  expect(pins).toEqual([["sequence-function", "invocation"]]);
  expect(watch.state).toEqual(["listen"]);
});

test("a statement that was queued while connecting and sent later counts as connection set-up", () => {
  const watch = new SessionWatch(resolvedOptions());
  watch.adopt();
  watch.sent(statement("set a = 1", { isOfConnection: true }));
  expect(watch.state).toEqual([]);
});

test("a parameter that changes without a SET is state until it has its earlier value again", () => {
  const watch = new SessionWatch(resolvedOptions());
  watch.parameterChanged("TimeZone", "UTC");
  watch.adopt();
  watch.parameterChanged("TimeZone", "Asia/Tokyo");
  expect(watch.state).toEqual(["server-parameter"]);
  watch.parameterChanged("TimeZone", "UTC");
  expect(watch.state).toEqual([]);
});

test("a parameter that a SET changes is reported once, as set", () => {
  const watch = new SessionWatch(resolvedOptions());
  watch.parameterChanged("TimeZone", "UTC");
  watch.adopt();
  watch.sent(statement("set time zone 'Asia/Tokyo'"));
  watch.parameterChanged("TimeZone", "Asia/Tokyo");
  expect(watch.state).toEqual(["set"]);
});

test("a change of users is state; a session that the server has reset is clean", () => {
  const watch = new SessionWatch(resolvedOptions());
  watch.adopt();
  watch.changedUser();
  expect(watch.state).toEqual(["change-user"]);
  watch.reset();
  expect(watch.state).toEqual([]);
});

test("nothing is refused by default, nor while connecting", () => {
  expect(new SessionWatch(resolvedOptions()).refusal(statement("listen jobs"))).toBeUndefined();
  const strict = new SessionWatch(resolvedOptions({ onPin: "throw" }));
  expect(strict.refusal(statement("listen jobs"))).toBeUndefined();
});

test("with onPin: throw, a statement that pins is refused with its remedy and without its text", () => {
  const watch = new SessionWatch(resolvedOptions({ onPin: "throw" }));
  watch.adopt();
  expect(watch.refusal(statement("select 1"))).toBeUndefined();
  expect(watch.refusal(statement("set local a = 'secret'"))).toBeUndefined();
  expect(watch.refusal(statement("set a = 'secret'"))).toMatchObject({
    code: "RDS_PROXY_PINNED",
    message: expect.stringMatching(/\(set\), and onPin is "throw"\. Use SET LOCAL .+\.$/),
  });
  expect(watch.refusal(statement("set a = 'secret'"))?.message).not.toContain("secret");
  expect(watch.refusal(statement("select $1", { isPrepared: true }))).toMatchObject({
    code: "RDS_PROXY_PINNED",
  });
});

test("a transaction that has begun uses up the settings for the next one", () => {
  const endpoint = { ...resolvedOptions().endpoint, engine: "mysql" as const };
  const watch = new SessionWatch({ ...resolvedOptions(), endpoint });
  watch.adopt();
  watch.sent(statement("set transaction read only"));
  expect(watch.state).toEqual(["next-transaction"]);
  watch.sent(statement("begin"));
  watch.began();
  expect(watch.state).toEqual([]);
});

function watchKept(): unknown[] {
  const kept: unknown[] = [];
  onTestFinished(onRdsProxyEvent("keep", ({ state }) => kept.push(state)));
  return kept;
}

test("kept state is reported once for each kind, without values", () => {
  const kept = watchKept();
  const watch = new SessionWatch(resolvedOptions());
  watch.sent(statement("set a = 'of the connection'"));
  watch.adopt();
  watch.reportKept();
  watch.sent(statement("select 1"));
  watch.reportKept();
  expect(kept).toEqual([]);
  watch.sent(statement("set a = 'acme-42'"));
  watch.reportKept();
  watch.sent(statement("set a = 'acme-43'; listen jobs"));
  watch.reportKept();
  watch.reportKept();
  expect(kept).toEqual([["set"], ["listen"]]);
});

test("a parameter that the server reported is reported as kept", () => {
  const kept = watchKept();
  const watch = new SessionWatch(resolvedOptions());
  watch.adopt();
  watch.parameterChanged("TimeZone", "Asia/Tokyo");
  watch.reportKept();
  expect(kept).toEqual([["server-parameter"]]);
});

test("while a connection is set up nothing is refused, and what is set up is no state", async () => {
  const pins = watchPins();
  const watch = new SessionWatch(resolvedOptions({ onPin: "throw" }));
  watch.adopt();
  await watch.setUp(async () => {
    expect(watch.refusal(statement("set a = 1"))).toBeUndefined();
    watch.sent(statement("set a = 1"));
    watch.parameterChanged("TimeZone", "Asia/Tokyo");
  });
  expect(watch.state).toEqual([]);
  expect(pins).toEqual([["set", "connect"]]);
  expect(watch.refusal(statement("set a = 1"))).toBeDefined();
});

test("statements after a failed set-up belong to the connection until it is repeated", async () => {
  const watch = new SessionWatch(resolvedOptions());
  watch.adopt();
  const failed = watch.setUp(() => Promise.reject(new Error("no set-up")));
  await expect(failed).rejects.toThrow("no set-up");
  watch.sent(statement("set a = 1"));
  expect(watch.state).toEqual([]);
  await watch.setUp(async () => undefined);
  watch.sent(statement("set a = 1"));
  expect(watch.state).toEqual(["set"]);
});

test.each([
  ["16,384 characters", "x".repeat(16_384 - 9), []],
  ["16,385 characters", "x".repeat(16_385 - 9), [["long-statement", "invocation"]]],
  ["16,383 bytes in fewer characters", "é".repeat(8187), []],
  ["16,385 bytes in fewer characters", "é".repeat(8188), [["long-statement", "invocation"]]],
])("a statement of %s pins or does not by its bytes", (_, value, expected) => {
  const pins = watchPins();
  const watch = new SessionWatch(resolvedOptions());
  watch.adopt();
  watch.sent(statement(`select '${value}'`));
  expect(pins).toEqual(expected);
});
