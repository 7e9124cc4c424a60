import { RdsProxyError } from "@rds-proxy/core";
import type { Connection } from "mysql2";
import { type Command, internalsOf, type Packet } from "./mysql2-internals.js";
import { isSafeCharset } from "./safe-charsets.js";
import { sessionChanges } from "./session-track.js";

/** Returns why a statement must not be sent in the current session; undefined if it may be sent. */
export type RefuseStatement = (sql: string, values: unknown) => string | undefined;

/** The character set in which a session reads statements. */
export interface SessionCharset {
  /** Its name, if values cannot be written safely in it. */
  readonly unsafe: string | undefined;
}

/**
 * Follows the character set of a session's statements as the server reports it. A statement that is not safe in it fails before
 * it is sent.
 *
 * mysql2 also follows it and encodes statements accordingly, but stores it in a configuration that all connections of a pool
 * share. Here each connection keeps its own.
 *
 * @param refuse called just before a statement is sent, when all earlier ones have been answered
 * @param onChange called when the answer to a command reports a change of the session
 */
export function guardCharset(
  connection: Connection,
  refuse: RefuseStatement,
  onChange: (command: Command) => void = () => undefined,
): SessionCharset {
  const internals = internalsOf(connection);
  const handlePacket = internals.handlePacket.bind(connection);
  const { changeUser } = internals;
  const state: { unsafe: string | undefined } = { unsafe: undefined };
  const { config } = internals;
  let { charsetNumber } = config;
  let isFollowing = false;

  /** mysql2 may write the connection's character set to the shared configuration while it handles a packet. */
  const handleWithOwnCharset = (packet: Packet | undefined): unknown => {
    if (isFollowing) return handlePacket(packet);
    isFollowing = true;
    config.charsetNumber = charsetNumber;
    try {
      return handlePacket(packet);
    } finally {
      charsetNumber = config.charsetNumber;
      isFollowing = false;
    }
  };
  Object.assign(connection, {
    handlePacket(packet?: Packet): unknown {
      const { _command: command } = internals;
      if (packet) {
        if (!command || !isAnswer(command)) return handlePacket(packet);
        const changes = sessionChanges(packet.buffer, packet.offset, packet.end);
        if (changes) onChange(command);
        const charset = changes?.get("character_set_client");
        if (charset !== undefined) state.unsafe = isSafeCharset(charset) ? undefined : charset;
      } else if (command) refuseStart(connection, command, refuse);
      return handleWithOwnCharset(packet);
    },
    changeUser(options: unknown, ...rest: unknown[]): unknown {
      const charset =
        typeof options === "object" && options !== null && "charset" in options ? options.charset : undefined;
      if (typeof charset === "string" && !isSafeCharset(String(charset.toLowerCase().split("_")[0]))) {
        throw new RdsProxyError("RDS_PROXY_UNSUPPORTED", `charset: ${unsafeCharset(charset)}`);
      }
      return Reflect.apply(changeUser, connection, [options, ...rest]);
    },
  });
  return state;
}

/** The text of the error, with the remedy. */
export function unsafeCharset(charset: string): string {
  return (
    `Values cannot be written safely into statements in the character set ${charset}. ` +
    "Use utf8mb4 (SET NAMES utf8mb4), from which the server converts to the character set of each column."
  );
}

/** Whether this command's next packet is an OK packet or begins a result. A row can look like an OK packet. */
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

/** Fails a command that is about to start, as if the server had refused it. Nothing is sent. */
export function failStart(connection: Connection, command: Command, error: Error): void {
  const fail = (): null => {
    if (command.onResult) command.onResult(error);
    else command.emit("error", error);
    return null;
  };
  Object.assign(command, {
    start(): () => null {
      // Asynchronously: mysql2's pool adds its listener for the end only after it has queued the command.
      process.nextTick(() => {
        const internals = internalsOf(connection);
        if (internals._command === command) internals.handlePacket();
      });
      return fail;
    },
  });
}
