import type { Connection } from "mysql2";
import { format } from "mysql2";
import type { Packet } from "../../../packages/adapter-mysql2/src/driver/mysql2-internals.js";
import { guardPackets } from "../../../packages/adapter-mysql2/src/driver/packet-guard.js";
import { PacketTap } from "../../../packages/adapter-mysql2/src/driver/packet-tap.js";
import { formatSafely } from "../../../packages/adapter-mysql2/src/driver/safe-format.js";
import { sessionChanges } from "../../../packages/adapter-mysql2/src/driver/session-track.js";
import type { BackslashReading } from "../../../packages/adapter-mysql2/src/driver/text-literal.js";
import { RdsProxyError } from "../../../packages/core/src/errors.js";
import { MysqlSyntax } from "../../../packages/local-proxy/src/mysql/syntax.js";
import { ByteChoices, textInput } from "../byte-choices.js";
import { inPieces, rethrowUnless, type Target } from "../target.js";

const covers = ["/adapter-mysql2/src/driver/"] as const;

function packet(sequence: number, payload: string): Buffer {
  const bytes = Buffer.from(payload, "latin1");
  return Buffer.concat([Buffer.from([bytes.length, 0, 0, sequence]), bytes]);
}

/** How the mysql2 adapter reads a server's packets, and writes values into statements. */
export const mysql2Targets: readonly Target[] = [
  {
    name: "mysql2-packets",
    covers,
    isLinear: true,
    seeds: [
      Buffer.concat([packet(1, "\x01"), packet(2, "\x011"), packet(3, "\xfe\0\0\x02\0")]),
      packet(1, "\0\xfc\x01\x01\xfd\0\0\0\x03\x40\0\0\0\x08\0\x06\x04name\x01b"),
      packet(1, "\xff\x28\x04#42000text"),
      packet(1, "\0\x01\0\0\0\0\0\0\0\0\0\0"),
    ],
    feed(input) {
      const [whole, pieces] = [stateAfter([input]), stateAfter(inPieces(input))];
      if (whole !== pieces) throw new Error(`in pieces it is ${pieces}, as a whole ${whole}`);
      sessionChanges(input, 0, input.length);
    },
  },
  {
    name: "mysql2-order",
    covers,
    isLinear: true,
    seeds: [Buffer.from([0, 1, 2, 3]), Buffer.from([0, 9, 9, 255, 7, 7]), Buffer.alloc(40, 9)],
    feed: checkOrder,
  },
  {
    name: "mysql2-format",
    covers,
    isLinear: true,
    seeds: [
      Buffer.concat([Buffer.from([0]), textInput("it's"), textInput("中\\'")]),
      Buffer.concat([Buffer.from([1]), textInput('"\n\\'), textInput("é`")]),
      Buffer.concat([Buffer.from([2]), textInput("<0>\\"), textInput("\0\x1a")]),
    ],
    feed: checkFormat,
  },
];

function stateAfter(chunks: readonly Buffer[]): string {
  const errors: number[] = [];
  const tap = new PacketTap((errno) => errors.push(errno));
  for (const chunk of chunks) tap.read(chunk);
  const { isInTransaction, isTransactionOpen, isAutocommitOff, backslash } = tap;
  return JSON.stringify({ isInTransaction, isTransactionOpen, isAutocommitOff, backslash, errors });
}

/** Many packets out of order close the connection, and none of them passes afterwards. */
function checkOrder(input: Buffer): void {
  let passed = 0;
  let closings = 0;
  const connection = {
    _command: {},
    sequenceId: 0,
    stream: {
      destroyed: false,
      destroy(): void {
        closings++;
        this.destroyed = true;
      },
    },
    handlePacket(): void {
      passed++;
      connection.sequenceId = (connection.sequenceId + 1) % 256;
    },
  };
  const asConnection: Connection = Object(connection);
  guardPackets(asConnection);
  const handle: unknown = Reflect.get(connection, "handlePacket");
  if (typeof handle !== "function") throw new Error("no handlePacket");
  let outOfOrder = 0;
  for (const sequenceId of input) {
    const isError = sequenceId === 255;
    if (sequenceId !== connection.sequenceId && !isError) outOfOrder++;
    const given: Packet = {
      sequenceId,
      buffer: input,
      offset: 0,
      end: input.length,
      peekByte: () => (isError ? 255 : 0),
    };
    Reflect.apply(handle, connection, [given]);
  }
  if (closings > 1) throw new Error(`the connection was closed ${closings} times`);
  if (closings === 0 && passed !== input.length) throw new Error("a packet was lost");
  if (outOfOrder > 100 && closings === 0) throw new Error("the connection stays open");
}

const READINGS: readonly [BackslashReading, ...BackslashReading[]] = ["escape", "character", "unknown"];
const MODES: Readonly<Record<BackslashReading, readonly string[]>> = {
  escape: [""],
  character: ["NO_BACKSLASH_ESCAPES"],
  unknown: ["", "NO_BACKSLASH_ESCAPES"],
};

/** Whatever the values are, the statement's own end stays its end, in every mode and character set that it is written for. */
function checkFormat(input: Buffer): void {
  const choices = new ByteChoices(input);
  const reading = choices.pick(READINGS);
  const values = [choices.text(), { [choices.text()]: choices.text() }, choices.rest()];
  let sql: unknown;
  try {
    sql = write("insert into t select ?, a.? from b where ? = the_end", values, reading);
  } catch (error) {
    rethrowUnless(error, RdsProxyError);
    return;
  }
  if (typeof sql !== "string") throw new Error("no text");
  for (const mode of MODES[reading]) {
    for (const charset of ["utf8mb4", "gbk", "gb18030", "big5", "sjis"]) {
      const syntax = new MysqlSyntax();
      syntax.noteVariables(mode, charset);
      const tokens = syntax.tokenize(syntax.decode(Buffer.from(sql)));
      if (tokens.at(-1)?.text.toLowerCase() !== "the_end")
        throw new Error(`with ${charset} and ${mode || "escapes"}, ${sql} ends with ${tokens.at(-1)?.text}`);
    }
  }
}

/** As much of a connection as the format step needs; the formatting is mysql2's. */
function write(sql: string, values: readonly unknown[], reading: BackslashReading): unknown {
  const connection = {
    config: { clientFlags: 0 },
    format: (text: string, given: Parameters<typeof format>[1]) => format(text, given, false, "local"),
  };
  const asConnection: Connection = Object(connection);
  formatSafely(asConnection, () => reading);
  return Reflect.apply(connection.format, connection, [sql, values]);
}
