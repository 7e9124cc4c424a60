import { expect, test } from "vitest";
import { commands } from "./commands.js";
import { MessageSplitter } from "./message-splitter.js";
import { encodePacket, int16, lengthEncodedBytes } from "./messages.js";
import { headLength, type ReplyForm } from "./replies/phase.js";
import { RequestTracker } from "./request-tracker.js";

const forms: [string, ReplyForm][] = [
  ["with EOF packets", { deprecatesEof: false, cachesMetadata: false }],
  ["without EOF packets", { deprecatesEof: true, cachesMetadata: false }],
  ["with cached metadata", { deprecatesEof: true, cachesMetadata: true }],
  ["with EOF packets and cached metadata", { deprecatesEof: false, cachesMetadata: true }],
];

const inTransaction = 1;
const autocommit = 2;
const moreResults = 8;
const cursorExists = 0x40;

const error = Buffer.from("\xff\x48\x04#HY000No tables used", "latin1");
const definition = lengthEncodedBytes(Buffer.from("def"));
const row = lengthEncodedBytes(Buffer.from("a row"));
/** A row whose first value has a nine-byte length, so that it begins with the byte of an EOF packet. */
const rowOfLongText = Buffer.concat([Buffer.from([0xfe]), Buffer.alloc(8 + 20)]);

function ok(status: number, affected = Buffer.from([0])): Buffer {
  return Buffer.concat([Buffer.from([0]), affected, Buffer.from([0]), int16(status), int16(0)]);
}

/** The packet that ends rows, in the negotiated form. */
function end({ deprecatesEof }: ReplyForm, status: number): Buffer {
  return deprecatesEof
    ? Buffer.concat([Buffer.from([0xfe, 0, 0]), int16(status), int16(0)])
    : Buffer.concat([Buffer.from([0xfe]), int16(0), int16(status)]);
}

function columns(form: ReplyForm, count: number, status: number, areDescribed = true): Buffer[] {
  const flag = form.cachesMetadata ? [Number(areDescribed)] : [];
  return [
    Buffer.from([count, ...flag]),
    ...Array<Buffer>(areDescribed || !form.cachesMetadata ? count : 0).fill(definition),
    ...(form.deprecatesEof ? [] : [end(form, status)]),
  ];
}

function resultset(form: ReplyForm, rows: readonly Buffer[], status: number): Buffer[] {
  return [...columns(form, 2, status), ...rows, end(form, status)];
}

function prepared(form: ReplyForm, columnCount: number, parameterCount: number): Buffer[] {
  const list = (count: number): Buffer[] =>
    count === 0
      ? []
      : [...Array<Buffer>(count).fill(definition), ...(form.deprecatesEof ? [] : [end(form, 0)])];
  const head = Buffer.concat([Buffer.alloc(5), int16(columnCount), int16(parameterCount), Buffer.alloc(3)]);
  return [head, ...list(parameterCount), ...list(columnCount)];
}

const query = 0x03;
const prepare = 0x16;
const execute = 0x17;

/** Commands with their replies, each complete with its last packet and not before. */
function conversations(form: ReplyForm): [name: string, command: number, reply: Buffer[]][] {
  const { deprecatesEof } = form;
  return [
    ["OK", query, [ok(autocommit)]],
    ["OK with large numbers", query, [ok(autocommit, Buffer.from([0xfe, 1, 2, 3, 4, 5, 6, 0, 0]))]],
    ["an error", query, [error]],
    ["no rows", query, resultset(form, [], autocommit)],
    ["rows", query, resultset(form, [row, row], autocommit)],
    [
      "a row that looks like an end",
      query,
      resultset(form, [...(deprecatesEof ? [] : [rowOfLongText]), row], 2),
    ],
    ["an error amid rows", query, [...columns(form, 2, 0), row, error]],
    [
      "several results",
      query,
      [
        ...resultset(form, [row], moreResults),
        ok(moreResults),
        ...resultset(form, [], moreResults),
        ok(autocommit),
      ],
    ],
    ["an error after a result", query, [...resultset(form, [row], moreResults), error]],
    ["a prepared statement", prepare, prepared(form, 2, 3)],
    ["one without parameters", prepare, prepared(form, 1, 0)],
    ["one without columns", prepare, prepared(form, 0, 1)],
    ["one with neither", prepare, prepared(form, 0, 0)],
    ["one that cannot be prepared", prepare, [error]],
    ["binary rows", execute, resultset(form, [Buffer.alloc(30)], autocommit)],
    [
      "a cursor",
      execute,
      [...columns(form, 2, cursorExists), ...(deprecatesEof ? [end(form, cursorExists)] : [])],
    ],
    ["rows of a cursor", 0x1c, [Buffer.alloc(9), Buffer.alloc(9), end(form, cursorExists)]],
    ["a list of fields", 0x04, [definition, definition, end(form, autocommit)]],
    ["no list of fields", 0x04, [error]],
    ["statistics", 0x09, [Buffer.from("Uptime: 1")]],
    ["a ping", 0x0e, [ok(autocommit)]],
    ["an option", 0x1b, [end(form, autocommit)]],
    ...(form.cachesMetadata
      ? [
          ["columns that are known", execute, [...columns(form, 2, 0, false), row, end(form, 0)]] as [
            string,
            number,
            Buffer[],
          ],
        ]
      : []),
  ];
}

/** Splits the stream in two, feeds it to the tracker, and counts the packets until it was answered. */
function answeredAfter(requests: RequestTracker, packets: readonly Buffer[], place: number): number[] {
  const bytes = Buffer.concat(packets.map((payload, index) => encodePacket(index + 1, payload)));
  const splitter = new MessageSplitter(headLength);
  const answered: number[] = [];
  let count = 0;
  let head: { head: Buffer; firstFrameLength: number } | undefined;
  for (const chunk of [bytes.subarray(0, place), bytes.subarray(place)]) {
    for (const piece of splitter.split(chunk)) {
      if (piece.isFirst) head = piece;
      if (!piece.isLast || head === undefined) continue;
      count += 1;
      if (requests.onReplyPacket(head)) answered.push(count);
    }
  }
  return answered;
}

test.each(forms)("a reply is complete with its last packet, however it is split, %s", (_, form) => {
  for (const [name, code, reply] of conversations(form)) {
    const length = reply.reduce((sum, payload) => sum + 4 + payload.length, 0);
    for (let place = 0; place <= length; place += 1) {
      const requests = new RequestTracker(form);
      requests.onCommand(commands.get(code));
      expect(requests.isAnswered).toBe(false);
      expect([name, answeredAfter(requests, reply, place)]).toEqual([name, [reply.length]]);
      expect(requests.isAnswered).toBe(true);
    }
  }
});

test.each(forms)("pipelined commands are answered one by one, %s", (_, form) => {
  const all = conversations(form);
  const requests = new RequestTracker(form);
  for (const [, code] of all) requests.onCommand(commands.get(code));
  const ends = all.map((_, index) =>
    all.slice(0, index + 1).reduce((sum, [, , reply]) => sum + reply.length, 0),
  );
  const stream = all.flatMap(([, , reply]) => reply);
  expect(answeredAfter(requests, stream, 0)).toEqual(ends);
  expect(requests.isAnswered).toBe(true);
});

test("a new session has no outstanding reply, and neither has one after a command without a reply", () => {
  const requests = new RequestTracker({ deprecatesEof: true, cachesMetadata: false });
  expect(requests).toMatchObject({ isAnswered: true, isInTransaction: false });
  for (const code of [0x18, 0x19]) requests.onCommand(commands.get(code));
  expect(requests.isAnswered).toBe(true);
});

test("an unknown command is answered with one packet", () => {
  const requests = new RequestTracker({ deprecatesEof: true, cachesMetadata: false });
  requests.onCommand(undefined);
  expect(answeredAfter(requests, [error], 0)).toEqual([1]);
});

test.each(forms)("the last OK or end has the transaction status, an error has none, %s", (_, form) => {
  const requests = new RequestTracker(form);
  const replies: [Buffer[], boolean][] = [
    [[ok(inTransaction)], true],
    [[error], true],
    [resultset(form, [row], inTransaction), true],
    [resultset(form, [row], autocommit), false],
    [resultset(form, [], inTransaction | autocommit), true],
    [[ok(autocommit)], false],
  ];
  for (const [reply, isInTransaction] of replies) {
    requests.onCommand(commands.get(query));
    answeredAfter(requests, reply, 0);
    expect(requests.isInTransaction).toBe(isInTransaction);
  }
});

test("a requested file comes before the reply", () => {
  const requests = new RequestTracker({ deprecatesEof: true, cachesMetadata: false });
  requests.onCommand(commands.get(query));
  expect(answeredAfter(requests, [Buffer.from("\xfbname", "latin1")], 0)).toEqual([1]);
  expect(requests).toMatchObject({ isAnswered: false, isReceivingFile: true });
  requests.onFilePacket(10);
  expect(requests.isReceivingFile).toBe(true);
  requests.onFilePacket(0);
  expect(requests).toMatchObject({ isAnswered: false, isReceivingFile: false });
  expect(answeredAfter(requests, [ok(moreResults), ok(autocommit)], 0)).toEqual([2]);
  expect(requests.isAnswered).toBe(true);
});

test("an error ends a file that the server stops reading", () => {
  const requests = new RequestTracker({ deprecatesEof: true, cachesMetadata: false });
  requests.onCommand(commands.get(query));
  expect(answeredAfter(requests, [Buffer.from("\xfbname", "latin1"), error], 0)).toEqual([1, 2]);
  expect(requests).toMatchObject({ isAnswered: true, isReceivingFile: false });
});

test("an unsolicited packet answers no command", () => {
  const requests = new RequestTracker({ deprecatesEof: false, cachesMetadata: false });
  expect(answeredAfter(requests, [error], 0)).toEqual([]);
  expect(requests.isAnswered).toBe(true);
});
