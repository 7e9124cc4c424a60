import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { PacketTap } from "./packet-tap.js";

const IN_TRANS = 0x0001;
const AUTOCOMMIT = 0x0002;
const MORE_RESULTS = 0x0008;
const NO_BACKSLASH_ESCAPES = 0x0200;
const IN_TRANS_READONLY = 0x2000;
const LONGEST_PART = 0xff_ff_ff;

/** What is to be seen of a stream. */
interface Seen {
  readonly isInTransaction: boolean;
  /** Their numbers. */
  readonly errors: readonly number[];
}

function see(chunks: readonly Buffer[]): Seen {
  const errors: number[] = [];
  const tap = new PacketTap((errno) => errors.push(errno));
  for (const chunk of chunks) tap.read(chunk);
  return { isInTransaction: tap.isInTransaction, errors };
}

function part(payload: Buffer, sequence = 1): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header.writeUInt8(sequence & 0xff, 3);
  return Buffer.concat([header, payload]);
}

/** A packet as the protocol sends it: in parts of 16 MB, the last of which may be empty. */
function packet(payload: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let start = 0; start <= payload.length; start += LONGEST_PART) {
    parts.push(part(payload.subarray(start, start + LONGEST_PART), parts.length));
  }
  return Buffer.concat(parts);
}

/** A length-encoded integer, in the shortest form unless another is asked for. */
function integer(
  value: number,
  length = value < 251 ? 1 : value < 2 ** 16 ? 3 : value < 2 ** 24 ? 4 : 9,
): Buffer {
  if (length === 1) return Buffer.from([value]);
  const bytes = Buffer.alloc(length);
  bytes.writeUInt8({ 3: 0xfc, 4: 0xfd, 9: 0xfe }[length] ?? 0, 0);
  if (length === 9) bytes.writeBigUInt64LE(BigInt(value), 1);
  else bytes.writeUIntLE(value, 1, length - 1);
  return bytes;
}

function flags(status: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(status, 0);
  return bytes;
}

interface OkParts {
  readonly marker?: number;
  readonly rows?: Buffer;
  readonly id?: Buffer;
  readonly info?: Buffer;
}

function ok(
  status: number,
  { marker = 0, rows = integer(0), id = integer(0), info = Buffer.alloc(0) }: OkParts = {},
): Buffer {
  return Buffer.concat([Buffer.from([marker]), rows, id, flags(status), info]);
}

function eof(status: number): Buffer {
  const bytes = Buffer.from([0xfe, 0, 0, 0, 0]);
  bytes.writeUInt16LE(status, 3);
  return bytes;
}

function err(errno: number, message: string, sqlState = "#HY000"): Buffer {
  const bytes = Buffer.from(`\0\0\0${sqlState}${message}`);
  bytes.writeUInt8(0xff, 0);
  bytes.writeUInt16LE(errno, 1);
  return bytes;
}

/** The first answer to COM_STMT_PREPARE. */
function prepareOk(statementId: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(statementId, 1);
  return bytes;
}

/** A row in the text protocol: each column with its length before it. */
function row(...columns: string[]): Buffer {
  return Buffer.concat(columns.flatMap((column) => [integer(column.length), Buffer.from(column, "latin1")]));
}

function stateAfter(...payloads: Buffer[]): boolean {
  return see(payloads.map(packet)).isInTransaction;
}

/** The stream cut at the given places. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end));
}

describe("the state of the session", () => {
  it("is outside a transaction before the first answer", () => {
    expect(see([])).toEqual({ isInTransaction: false, errors: [] });
  });

  it.each([
    ["an OK", ok],
    ["an EOF", eof],
    ["an OK in the place of an EOF", (status: number) => ok(status, { marker: 0xfe })],
  ])("is read from the status of %s", (_, answer) => {
    expect(stateAfter(answer(AUTOCOMMIT))).toBe(false);
    expect(stateAfter(answer(AUTOCOMMIT | IN_TRANS))).toBe(true);
    expect(stateAfter(answer(IN_TRANS | IN_TRANS_READONLY))).toBe(true);
    expect(stateAfter(answer(IN_TRANS), answer(0))).toBe(false);
  });

  it("has flags of the last answer with a status, and is a known transaction only right after such an answer", () => {
    const tap = new PacketTap(() => undefined);
    const seen = () => ({
      isTransactionOpen: tap.isTransactionOpen,
      isAutocommitOff: tap.isAutocommitOff,
      backslash: tap.backslash,
    });
    const after = (payload: Buffer) => {
      tap.read(packet(payload));
      return seen();
    };
    expect(seen()).toEqual({ isTransactionOpen: false, isAutocommitOff: false, backslash: "unknown" });
    const error = err(1064, "You have an error in your SQL syntax");
    expect(after(error)).toEqual({ isTransactionOpen: false, isAutocommitOff: false, backslash: "unknown" });
    const off = { isAutocommitOff: true, backslash: "character" };
    expect(after(ok(NO_BACKSLASH_ESCAPES | IN_TRANS))).toEqual({ ...off, isTransactionOpen: true });
    expect(after(error)).toEqual({ ...off, isTransactionOpen: false });
    expect(after(eof(NO_BACKSLASH_ESCAPES))).toEqual({ ...off, isTransactionOpen: false });
    const usual = { isTransactionOpen: false, isAutocommitOff: false, backslash: "escape" };
    expect(after(ok(AUTOCOMMIT))).toEqual(usual);
    expect(after(prepareOk(0))).toEqual(usual);
  });

  it.each([1, 3, 4, 9])("is found behind integers of %i bytes", (length) => {
    const integers = { rows: integer(200, length), id: integer(200, length) };
    for (const marker of [0x00, 0xfe]) {
      expect(stateAfter(ok(IN_TRANS, { ...integers, marker }))).toBe(true);
      expect(stateAfter(ok(AUTOCOMMIT, { ...integers, marker }))).toBe(false);
    }
  });

  it("is found in a packet that ends with it", () => {
    expect(stateAfter(ok(AUTOCOMMIT).subarray(0, 5))).toBe(false);
    expect(stateAfter(ok(IN_TRANS).subarray(0, 5))).toBe(true);
  });

  it.each([0, 1, 0xfc, 0xfd, 0xfe, 0xfcfc])("is found in an EOF with %i warnings", (warnings) => {
    const answer = eof(AUTOCOMMIT);
    answer.writeUInt16LE(warnings, 1);
    expect(stateAfter(answer)).toBe(false);
    answer.writeUInt16LE(IN_TRANS, 3);
    expect(stateAfter(answer)).toBe(true);
  });

  it("is found in front of a message and of session changes", () => {
    const info = Buffer.from("(Rows matched: 1  Changed: 1  Warnings: 0".padEnd(700));
    expect(stateAfter(ok(AUTOCOMMIT, { info }))).toBe(false);
    expect(stateAfter(ok(IN_TRANS, { info }))).toBe(true);
  });

  it("is that of the last of several results", () => {
    const results = [integer(1), eof(0), row("1"), eof(MORE_RESULTS | IN_TRANS), ok(AUTOCOMMIT)];
    expect(stateAfter(...results)).toBe(false);
    expect(stateAfter(...results.slice(0, -1))).toBe(true);
  });

  it("may be a transaction after an error, which has no status", () => {
    expect(stateAfter(ok(AUTOCOMMIT), err(1064, "You have an error in your SQL syntax"))).toBe(true);
    expect(stateAfter(err(1064, "You have an error in your SQL syntax"), ok(AUTOCOMMIT))).toBe(false);
  });

  it("may be a transaction after a statement without columns and parameters was prepared", () => {
    // Where the status of an OK would be, there are counts of columns and parameters.
    expect(stateAfter(prepareOk(1))).toBe(true);
    expect(stateAfter(prepareOk(0xfe), Buffer.from("\x03def"), eof(AUTOCOMMIT))).toBe(false);
  });

  it.each([
    ["an empty text", row("", "x".repeat(40))],
    ["a NULL", Buffer.from([0xfb, 1, 0x78])],
    ["a binary row", Buffer.from([0, 0, 1, 0, 0, 0])],
    ["a binary row as long as a prepared statement's OK", Buffer.alloc(12)],
    ["a long text", row("x".repeat(70_000))],
    ["a text of 8-byte length", Buffer.concat([integer(20, 9), Buffer.from("x".repeat(20))])],
  ])("is not read from a row that begins with %s", (_, bytes) => {
    expect(stateAfter(bytes, eof(AUTOCOMMIT))).toBe(false);
    expect(stateAfter(bytes, eof(IN_TRANS))).toBe(true);
    expect(see([packet(bytes), packet(eof(0))]).errors).toEqual([]);
  });

  it.each([
    ["text rows", integer(1), row("", `${"\0".repeat(2)}x`)],
    ["binary rows", integer(3), Buffer.from([0, 0, 1, 0, 0, 0])],
    ["rows of 300 columns", integer(300), row("", ...Array.from({ length: 299 }, () => ""))],
    ["a row of more than 16 MB", integer(1), row("x".repeat(LONGEST_PART + 1))],
  ])("is not read from %s, whatever their bytes are", (_, count, bytes) => {
    const tap = new PacketTap(() => undefined);
    const status = () => ({
      isTransactionOpen: tap.isTransactionOpen,
      isAutocommitOff: tap.isAutocommitOff,
      backslash: tap.backslash,
    });
    const before = { isTransactionOpen: false, isAutocommitOff: false, backslash: "escape" };
    const column = Buffer.from("\x03def");
    for (const part of [ok(AUTOCOMMIT), count, column, eof(AUTOCOMMIT), bytes, bytes]) tap.read(packet(part));
    expect(status()).toEqual(before);
    expect(tap.isInTransaction).toBe(true);
    tap.read(packet(eof(AUTOCOMMIT)));
    expect(status()).toEqual(before);
    expect(tap.isInTransaction).toBe(false);
    tap.read(packet(ok(IN_TRANS | NO_BACKSLASH_ESCAPES)));
    expect(status()).toEqual({ isTransactionOpen: true, isAutocommitOff: true, backslash: "character" });
  });

  it.each([
    ["an error in place of its rows", [integer(2), err(1317, "Query execution was interrupted")]],
    ["an error between its rows", [integer(2), eof(0), row("", "a"), err(1317, "interrupted")]],
    ["an OK in place of the EOF of its rows", [integer(2), row("", "a"), ok(0, { marker: 0xfe })]],
    ["another result", [integer(2), eof(0), eof(MORE_RESULTS), integer(1), eof(0), row(""), eof(0)]],
    ["a prepared statement", [prepareOk(1), Buffer.from("\x03def"), eof(0), Buffer.from("\x03def"), eof(0)]],
  ])("is read from the OK after a result that ended with %s", (_, payloads) => {
    expect(stateAfter(...payloads, ok(AUTOCOMMIT))).toBe(false);
    expect(stateAfter(...payloads, ok(IN_TRANS | AUTOCOMMIT))).toBe(true);
    expect(stateAfter(...payloads, integer(250), eof(0), Buffer.alloc(7), Buffer.alloc(7))).toBe(true);
  });

  it("may be a transaction after a packet that is cut short or empty", () => {
    expect(stateAfter(Buffer.alloc(0))).toBe(true);
    expect(stateAfter(Buffer.from([0]))).toBe(true);
    expect(stateAfter(Buffer.from([0, 0xfe, 1, 2, 3]))).toBe(true);
    expect(stateAfter(Buffer.from([0xfe]))).toBe(true);
    // Nothing is left of the longer one before it.
    expect(stateAfter(ok(AUTOCOMMIT), Buffer.from([0, 0, 0]))).toBe(true);
  });
});

describe("an error", () => {
  it("is reported by its number", () => {
    expect(see([packet(err(9501, "Timed-out waiting to acquire database connection"))]).errors).toEqual([
      9501,
    ]);
  });

  it("is reported without an SQLSTATE, as before a login", () => {
    expect(see([packet(err(1040, "Too many connections", ""))]).errors).toEqual([1040]);
  });

  it("is reported if its text is missing or long, and not without a number", () => {
    expect(see([packet(err(1053, ""))]).errors).toEqual([1053]);
    expect(see([packet(err(1053, "", ""))]).errors).toEqual([1053]);
    expect(see([packet(err(1105, "x".repeat(100_000)))]).errors).toEqual([1105]);
    expect(see([packet(Buffer.from([0xff, 1]))])).toEqual({ isInTransaction: true, errors: [] });
  });

  it("is reported once each, in order", () => {
    const { errors } = see([Buffer.concat([packet(err(1, "a")), packet(ok(0)), packet(err(2, "b"))])]);
    expect(errors).toEqual([1, 2]);
  });
});

describe("a packet of more than 16 MB", () => {
  // What looks like an error, were it the beginning of a packet.
  const bait = err(1053, "Server shutdown in progress");
  let filler: Buffer;
  beforeAll(() => {
    filler = Buffer.alloc(LONGEST_PART, "x");
    integer(LONGEST_PART + bait.length - 9, 9).copy(filler);
  });

  it("is one packet, however its continuation begins", () => {
    const long = packet(Buffer.concat([filler, bait]));
    expect(see([long, packet(eof(AUTOCOMMIT))])).toEqual({ isInTransaction: false, errors: [] });
  });

  it("is one error if it begins like one", () => {
    const long = packet(Buffer.concat([bait, filler]));
    expect(see([long]).errors).toEqual([1053]);
    expect(see([long.subarray(0, LONGEST_PART + 4), long.subarray(LONGEST_PART + 4)]).errors).toEqual([1053]);
  });

  it("ends with an empty part when it fills the one before", () => {
    const full = packet(filler);
    expect(full.length).toBe(LONGEST_PART + 8);
    expect(see([full, packet(bait)]).errors).toEqual([1053]);
    expect(see([full, packet(ok(AUTOCOMMIT))]).isInTransaction).toBe(false);
  });

  it("may have several parts, and be cut anywhere", () => {
    const stream = Buffer.concat([packet(Buffer.concat([filler, filler, bait])), packet(err(1, "after"))]);
    const borders = [4 + LONGEST_PART, 2 * (4 + LONGEST_PART)];
    for (const shift of [-1, 0, 1, 2, 3, 4, 5]) {
      const seen = see(cut(stream, [...borders.map((border) => border + shift), stream.length - 3]));
      expect(seen).toEqual({ isInTransaction: true, errors: [1] });
    }
  });
});

describe("any stream", () => {
  const anyInteger = fc
    .tuple(fc.nat(250), fc.constantFrom(1, 3, 4, 9))
    .map(([value, length]) => integer(value, length));
  const anyOk = fc
    .record({
      marker: fc.constantFrom(0x00, 0xfe),
      rows: anyInteger,
      id: anyInteger,
      info: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
      status: fc.nat(0xffff),
    })
    .map(({ status, ...parts }) => ({ payload: ok(status, parts), status }))
    // One has no way to tell it from the answer to preparing a statement.
    .filter(({ payload }) => !(payload[0] === 0 && payload.length === 12));
  const anyEof = fc.nat(0xffff).map((status) => ({ payload: eof(status), status }));
  const anyErr = fc
    .record({ errno: fc.nat(0xffff), text: fc.stringMatching(/^[ -~]{0,200}$/) })
    .filter(({ text }) => !text.startsWith("#"))
    .map(({ errno, text }) => ({
      payload: err(errno, text),
      error: errno,
      status: undefined,
    }));
  const anyPrepareOk = fc.nat().map((id) => ({ payload: prepareOk(id), status: undefined }));
  const anyRow = fc
    .array(fc.string({ unit: "binary-ascii", maxLength: 400 }), { minLength: 1, maxLength: 4 })
    .map((columns) => ({ payload: row(...columns), status: undefined }));
  const anyRows = fc.array(fc.oneof(anyRow, anyPrepareOk), { maxLength: 4 });
  const anyEnd = fc.oneof(anyOk, anyEof, anyErr, anyPrepareOk);
  const anyAnswer = fc.tuple(anyRows, anyEnd).map(([rows, end]) => ({ rows, end }));

  /** Several answers as bytes, and what is to be seen of them. */
  const anyStream = fc.array(anyAnswer, { minLength: 1, maxLength: 6 }).map((answers) => {
    const last = answers.at(-1)?.end;
    return {
      stream: Buffer.concat(
        answers.flatMap(({ rows, end }) => [...rows, end].map(({ payload }) => packet(payload))),
      ),
      expected: {
        isInTransaction: last?.status === undefined || (last.status & IN_TRANS) !== 0,
        errors: answers.flatMap(({ end }) => ("error" in end ? [end.error] : [])),
      },
    };
  });
  const anyPlaces = fc.array(fc.nat(), { maxLength: 40 });

  it("gives the same answer wherever it is cut", () => {
    fc.assert(
      fc.property(anyStream, anyPlaces, ({ stream, expected }, places) => {
        expect(see(cut(stream, places))).toEqual(expected);
      }),
    );
  });

  it("gives the same answer byte by byte", () => {
    fc.assert(
      fc.property(anyStream, ({ stream, expected }) => {
        expect(see(Array.from(stream, (byte) => Buffer.from([byte])))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it("is read from buffers that are used for something else afterwards", () => {
    fc.assert(
      fc.property(anyStream, anyPlaces, ({ stream, expected }, places) => {
        const errors: number[] = [];
        const tap = new PacketTap((errno) => errors.push(errno));
        for (const chunk of cut(stream, places)) {
          const reused = Buffer.from(chunk);
          tap.read(reused);
          reused.fill(0xff);
        }
        expect({ isInTransaction: tap.isInTransaction, errors }).toEqual(expected);
      }),
    );
  });

  it("of bytes that mean nothing is read to its end", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 }), (chunks) => {
        expect(typeof see(chunks.map((chunk) => Buffer.from(chunk))).isInTransaction).toBe("boolean");
      }),
    );
  });
});
