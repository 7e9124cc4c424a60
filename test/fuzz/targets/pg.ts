import { EventEmitter } from "node:events";
import { Duplex } from "node:stream";
import pg from "pg";
import { MessageChecks } from "../../../packages/adapter-pg/src/driver/message-checks.js";
import { guardMessages } from "../../../packages/adapter-pg/src/driver/message-guard.js";
import { internalsOf } from "../../../packages/adapter-pg/src/driver/pg-internals.js";
import { encodeMessage } from "../../../packages/local-proxy/src/postgres/messages.js";
import { inPieces, type Target } from "../target.js";

/** How the pg adapter reads a server's messages. */
export const pgTargets: readonly Target[] = [
  {
    name: "pg-messages",
    covers: ["/adapter-pg/src/driver/"],
    isLinear: true,
    seeds: [
      Buffer.concat([
        encodeMessage("R", "\0\0\0\x03"),
        encodeMessage("R", "\0\0\0\0"),
        encodeMessage("S", "TimeZone\0UTC\0"),
        encodeMessage("Z", "I"),
      ]),
      Buffer.concat([encodeMessage("E", "SERROR\0C42601\0Msyntax error\0\0"), encodeMessage("Z", "E")]),
      Buffer.concat([encodeMessage("N", "SNOTICE\0Mtext\0\0"), encodeMessage("C", "SELECT 1\0")]),
      encodeMessage("T", "\0\x01a\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"),
    ],
    feed(input) {
      const [whole, pieces] = [verdictOn([input]), verdictOn(inPieces(input))];
      if (whole !== pieces) throw new Error(`in pieces: ${pieces}; as a whole: ${whole}`);
      for (const isByToken of [true, false]) passToDriver(input, isByToken);
    },
  },
];

/** What is said of the first malformed message. */
function verdictOn(chunks: readonly Buffer[]): string {
  const checks = new MessageChecks(() => undefined);
  try {
    for (const chunk of chunks) checks.check(chunk);
    return "in order";
  } catch (error) {
    return String(error);
  }
}

/** Whatever comes, node-postgres's parser neither throws out of an event nor loops. */
function passToDriver(input: Buffer, isByToken: boolean): void {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  let failure: Error | undefined;
  stream.on("error", (error) => {
    failure = error;
  });
  const connection = new pg.Connection({ stream: () => stream });
  if (!(connection instanceof EventEmitter)) throw new Error("no emitter");
  connection.on("error", () => undefined);
  guardMessages(connection, isByToken);
  internalsOf(connection).attachListeners(stream);
  for (const chunk of inPieces(input)) if (!stream.destroyed) stream.emit("data", chunk);
  stream.destroy();
  if (failure && !/could not be processed/.test(failure.message)) throw failure;
}
