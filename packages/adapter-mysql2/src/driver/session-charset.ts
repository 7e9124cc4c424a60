import { RdsProxyError } from "@rds-proxy/core";
import type { Connection } from "mysql2";
import { isSafeCharset } from "./safe-charsets.js";
import { changedVariable } from "./session-track.js";

/** As much of mysql2's packet as is looked at here. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
}

/** As much of mysql2's commands; not part of its types. */
interface Command {
  readonly sql?: unknown;
  readonly values?: unknown;
  /** The function that takes the next packet. */
  readonly next?: unknown;
  readonly resultsetHeader?: unknown;
  readonly infileOk?: unknown;
  /** Only `execute()`, whose values do not stand in the text, has one. */
  readonly statement?: unknown;
  readonly onResult?: (error: Error) => void;
  emit?(event: "error", error: Error): void;
}

/** Why a statement must not be sent in the present session, if so. */
export type RefuseStatement = (sql: string, values: unknown) => string | undefined;

/** What is known of the character set in which a session reads statements. */
export interface SessionCharset {
  /** Its name, where values cannot be written in it. */
  readonly unsafe: string | undefined;
}

/**
 * Follows what the server tells about the character set of a session's statements, and refuses statements for which it is
 * not safe, without sending them.
 *
 * mysql2 follows it, too, and encodes in the character set that the server has told; but in a configuration that all
 * connections of a pool share. Here each connection keeps its own.
 *
 * @param refuse called when a statement is about to be sent, so that the answers to all earlier ones are known
 */
export function guardCharset(connection: Connection, refuse: RefuseStatement): SessionCharset {
  const handlePacket: unknown = Reflect.get(connection, "handlePacket");
  const changeUser: unknown = Reflect.get(connection, "changeUser");
  const state: { unsafe: string | undefined } = { unsafe: undefined };
  if (typeof handlePacket !== "function" || typeof changeUser !== "function") return state;
  const { config } = connection;
  let charsetNumber: unknown = Reflect.get(config, "charsetNumber");
  let isFollowing = false;

  /** @param work may change the configuration on behalf of this connection */
  const withOwnCharset = (work: () => unknown): unknown => {
    if (isFollowing) return work();
    isFollowing = true;
    Reflect.set(config, "charsetNumber", charsetNumber);
    try {
      return work();
    } finally {
      charsetNumber = Reflect.get(config, "charsetNumber");
      isFollowing = false;
    }
  };
  Object.assign(connection, {
    handlePacket(packet?: Packet): unknown {
      const pass = (): unknown => Reflect.apply(handlePacket, connection, [packet]);
      const command: Command = Object(Reflect.get(connection, "_command"));
      if (packet && !isAnswer(command)) return pass();
      if (packet) {
        const charset = changedVariable(packet.buffer, packet.offset, packet.end, "character_set_client");
        if (charset !== undefined) state.unsafe = isSafeCharset(charset) ? undefined : charset;
      } else refuseStart(connection, command, refuse);
      return withOwnCharset(pass);
    },
    changeUser(options: unknown, ...rest: unknown[]): unknown {
      const charset: unknown = Reflect.get(Object(options), "charset");
      if (typeof charset === "string" && !isSafeCharset(charset.toLowerCase().split("_")[0] ?? "")) {
        throw new RdsProxyError("RDS_PROXY_UNSUPPORTED", `charset: ${unsafeCharset(charset)}`);
      }
      return Reflect.apply(changeUser, connection, [options, ...rest]);
    },
  });
  return state;
}

/** Why, and what to do about it. */
export function unsafeCharset(charset: string): string {
  return (
    `Values cannot be written safely into statements in the character set ${charset}. ` +
    "Use utf8mb4 (SET NAMES utf8mb4), from which the server converts to the character set of each column."
  );
}

/** Whether this command waits for a packet that says OK or begins a result: a row may look like one that says OK. */
function isAnswer({ next, resultsetHeader, infileOk }: Command): boolean {
  return next !== undefined && (next === resultsetHeader || next === infileOk);
}

function refuseStart(connection: Connection, command: Command, refuse: RefuseStatement): void {
  const { sql, values } = command;
  if (command.next || typeof sql !== "string" || "statement" in command) return;
  const reason = refuse(sql, values);
  if (reason === undefined) return;
  failStart(connection, command, new RdsProxyError("RDS_PROXY_UNSUPPORTED", reason));
}

/** Fails a command that is about to start, in the way in which the server's refusal would. Nothing is sent. */
export function failStart(connection: Connection, command: Command, error: Error): void {
  const fail = (): null => {
    if (command.onResult) command.onResult(error);
    else command.emit?.("error", error);
    return null;
  };
  Object.assign(command, {
    start(): () => null {
      // Not at once: mysql2's pool begins to listen for the end after it has asked.
      process.nextTick(() => {
        if (Reflect.get(connection, "_command") === command) {
          Reflect.apply(Reflect.get(connection, "handlePacket"), connection, []);
        }
      });
      return fail;
    },
  });
}
