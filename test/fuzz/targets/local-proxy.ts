import { ConnectionGone } from "../../../packages/local-proxy/src/bytes/byte-reader.js";
import {
  BrokenFraming,
  type Conversation,
  type MessagePiece,
} from "../../../packages/local-proxy/src/conversation.js";
import { verifyToken } from "../../../packages/local-proxy/src/login/verify-token.js";
import { MysqlConversation } from "../../../packages/local-proxy/src/mysql/conversation.js";
import { encodeCommand } from "../../../packages/local-proxy/src/mysql/messages.js";
import { MalformedPacket } from "../../../packages/local-proxy/src/mysql/payload-reader.js";
import { findMysqlEffects } from "../../../packages/local-proxy/src/mysql/pin-rules.js";
import { decodeStartup, encodeStartup } from "../../../packages/local-proxy/src/mysql/startup.js";
import { MysqlSyntax } from "../../../packages/local-proxy/src/mysql/syntax.js";
import { PostgresConversation } from "../../../packages/local-proxy/src/postgres/conversation.js";
import {
  encodeMessage,
  encodeStartup as encodePostgresStartup,
} from "../../../packages/local-proxy/src/postgres/messages.js";
import { findPostgresPins } from "../../../packages/local-proxy/src/postgres/pin-rules.js";
import { checkStartup, readFirstMessage } from "../../../packages/local-proxy/src/postgres/startup.js";
import { tokenize as tokenizePostgres } from "../../../packages/local-proxy/src/postgres/tokenize.js";
import { Refusal } from "../../../packages/local-proxy/src/refusal.js";
import { decodeText } from "../../../packages/local-proxy/src/statements/decode-text.js";
import { digestOf } from "../../../packages/local-proxy/src/statements/digest.js";
import type { Token } from "../../../packages/local-proxy/src/statements/lex.js";
import { inPieces, rethrowUnless, type Target } from "../target.js";
import { statements } from "./statements.js";

const sqlModes = ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"];

// In these a backslash can be the second byte of a character.
const clientEncodings = ["gbk", "gb18030", "big5", "sjis"];

const token =
  "localhost:5432/?Action=connect&DBUser=app&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Frds-db%2Faws4_request" +
  `&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=${"0".repeat(64)}`;

const covers = ["/local-proxy/src/"] as const;

/** The parsers of the bytes that clients of the local proxy send. */
export const localProxyTargets: readonly Target[] = [
  {
    name: "postgres-startup",
    covers,
    isLinear: true,
    seeds: [
      encodePostgresStartup([
        ["user", "app"],
        ["database", "shop"],
      ]),
      encodePostgresStartup([
        ["user", "app"],
        ["options", "-c x=1"],
      ]),
      Buffer.from("0000000804d2162f", "hex"),
    ],
    async feed(input) {
      try {
        const first = await readFirstMessage(readerOf(input));
        if (first.kind !== "startup") return;
        const secrets = new Map([
          ["app", { user: "app", password: "secret", authentication: "iam" as const }],
        ]);
        checkStartup(first.version, first.parameters, true, {
          authentication: "iam",
          postgres: { newerProtocol: "accept" },
          requireTls: true,
          secrets,
        });
      } catch (error) {
        rethrowUnless(error, ConnectionGone, Refusal);
      }
    },
  },
  {
    name: "postgres-session",
    covers,
    isLinear: true,
    seeds: [
      Buffer.concat([encodeMessage("Q", "select 1\0"), encodeMessage("X")]),
      Buffer.concat([
        encodeMessage("P", "s\0select 1\0\0\0"),
        encodeMessage("B", "p\0s\0\0\0\0\0\0\0"),
        encodeMessage("D", "Ss\0"),
        encodeMessage("E", "p\0\0\0\0\0"),
        encodeMessage("S"),
      ]),
    ],
    feed: (input) => converse(new PostgresConversation(), input),
  },
  {
    name: "mysql-startup",
    covers,
    isLinear: true,
    seeds: [mysqlStartup(0xffff_ffffn), mysqlStartup(0x0008_a200n)],
    feed(input) {
      try {
        const startup = decodeStartup(input);
        const answer = { authPlugin: "mysql_native_password", authAnswer: Buffer.alloc(20) };
        const again = decodeStartup(
          encodeStartup({ ...startup, ...answer, capabilities: startup.capabilities | understood }),
        );
        if (again.user !== startup.user) throw new Error(`the user ${again.user} was ${startup.user}`);
        if (String(again.database) !== String(startup.database)) throw new Error("another database");
      } catch (error) {
        rethrowUnless(error, MalformedPacket);
      }
    },
  },
  {
    name: "mysql-session",
    covers,
    isLinear: true,
    seeds: [
      Buffer.concat([encodeCommand(3, "select 1"), encodeCommand(2, "shop"), encodeCommand(1)]),
      Buffer.concat([
        encodeCommand(22, "select ?"),
        encodeCommand(23, "\x01\0\0\0\0\x01\0\0\0"),
        encodeCommand(25),
      ]),
    ],
    feed: (input) =>
      converse(new MysqlConversation({ deprecatesEof: true, cachesMetadata: false }, false), input),
  },
  {
    name: "postgres-statement",
    covers,
    isLinear: true,
    seeds: statements,
    feed(input) {
      for (const encoding of ["UTF8", ...clientEncodings]) {
        const text = decodeText(input, encoding);
        for (const hasEscapes of [false, true]) {
          const tokens = tokenizePostgres(text, hasEscapes);
          findPostgresPins(tokens);
          digestOf(tokens, (index) => `$${index}`);
          checkTokens(text, tokens);
        }
      }
    },
  },
  {
    name: "mysql-statement",
    covers,
    isLinear: true,
    seeds: statements,
    feed(input) {
      for (const sqlMode of sqlModes) {
        for (const characterSet of ["utf8mb4", ...clientEncodings]) {
          const syntax = new MysqlSyntax();
          syntax.noteVariables(sqlMode, characterSet);
          const text = syntax.decode(input);
          const tokens = syntax.tokenize(text);
          findMysqlEffects(tokens);
          digestOf(tokens, () => "?");
          checkTokens(text, tokens);
        }
      }
    },
  },
  {
    name: "token",
    covers,
    isLinear: true,
    seeds: [Buffer.from(token)],
    feed(input) {
      const { fault } = verifyToken(input.toString("utf8"), {
        user: "app",
        endpoints: new Set(["localhost:5432"]),
        isHostCaseIgnored: true,
        region: "us-east-1",
        credentials: [{ accessKeyId: "AKIA", secretAccessKey: "secret" }],
        nowMs: Date.UTC(2026, 0, 1),
        clockSkewMs: 0,
        hasFixedLifetime: false,
      });
      if (fault === undefined) throw new Error("a token without a valid signature was accepted");
    },
  },
];

// CLIENT_PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH and PLUGIN_AUTH_LENENC_CLIENT_DATA
const understood = 0x0028_8200n;

/** The tokens are parts of the text, in order. */
function checkTokens(text: string, tokens: readonly Token[]): void {
  let rest = text.toLowerCase();
  for (const token of tokens) {
    const at = rest.indexOf(token.text.toLowerCase());
    if (at < 0) throw new Error(`the token ${token.text} is not in the text`);
    rest = rest.slice(at + token.text.length);
  }
}

function mysqlStartup(capabilities: bigint): Buffer {
  return encodeStartup({
    capabilities,
    longestPacket: 2 ** 24,
    collation: 45,
    user: "app",
    database: Buffer.from("shop"),
    connectAttributes: Buffer.from("\x04name\x05value"),
    authPlugin: "mysql_native_password",
    authAnswer: Buffer.alloc(0),
  });
}

/** The input comes in two chunks; what is carried over is never longer. */
function converse<Piece extends MessagePiece>(conversation: Conversation<Piece>, input: Buffer): void {
  let carried = 0;
  try {
    for (const chunk of inPieces(input)) {
      for (const piece of conversation.splitRequests(chunk)) {
        carried += piece.bytes.length;
        conversation.endsSession(piece);
        conversation.countsAsStatement(piece);
        conversation.onRequest(piece);
        conversation.read(piece);
      }
    }
  } catch (error) {
    rethrowUnless(error, BrokenFraming);
    conversation.fatalError("client-broke-protocol");
  }
  if (carried > input.length) throw new Error(`${carried} bytes were carried over of ${input.length}`);
}

function readerOf(input: Buffer): { read(length: number): Promise<Buffer> } {
  let offset = 0;
  return {
    async read(length) {
      const bytes = input.subarray(offset, offset + length);
      if (bytes.length < length) throw new ConnectionGone("the input is over");
      offset += length;
      return bytes;
    },
  };
}
