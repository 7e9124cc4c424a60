import { acknowledgement, plainText } from "./replies/one-packet.js";
import type { Phase, ReplyForm } from "./replies/phase.js";
import { prepared } from "./replies/prepared.js";
import { result } from "./replies/result.js";
import { rows } from "./replies/rows.js";

/** A command of a client. */
export interface Command {
  readonly name: string;
  /** The server's reply; `undefined` when it sends none. */
  readonly reply?: (form: ReplyForm) => Phase;
  /** Whether it runs a statement. */
  readonly isStatement?: true;
  /** Whether the rest of its packet is the statement's text. */
  readonly hasText?: true;
}

const acknowledged = (): Phase => acknowledgement;

/** The commands that the proxy forwards, by their first byte. */
export const commands: ReadonlyMap<number, Command> = new Map<number, Command>([
  [0x01, { name: "COM_QUIT" }],
  [0x02, { name: "COM_INIT_DB", reply: acknowledged }],
  [0x03, { name: "COM_QUERY", reply: result, isStatement: true, hasText: true }],
  // The reply is column definitions and an end, in the form of rows.
  [0x04, { name: "COM_FIELD_LIST", reply: (form) => rows(form, undefined) }],
  [0x05, { name: "COM_CREATE_DB", reply: acknowledged }],
  [0x06, { name: "COM_DROP_DB", reply: acknowledged }],
  [0x07, { name: "COM_REFRESH", reply: acknowledged }],
  [0x08, { name: "COM_SHUTDOWN", reply: acknowledged }],
  [0x09, { name: "COM_STATISTICS", reply: () => plainText }],
  [0x0a, { name: "COM_PROCESS_INFO", reply: result }],
  [0x0c, { name: "COM_PROCESS_KILL", reply: acknowledged }],
  [0x0d, { name: "COM_DEBUG", reply: acknowledged }],
  [0x0e, { name: "COM_PING", reply: acknowledged }],
  [0x16, { name: "COM_STMT_PREPARE", reply: prepared, hasText: true }],
  [0x17, { name: "COM_STMT_EXECUTE", reply: result, isStatement: true }],
  [0x18, { name: "COM_STMT_SEND_LONG_DATA" }],
  [0x19, { name: "COM_STMT_CLOSE" }],
  [0x1a, { name: "COM_STMT_RESET", reply: acknowledged }],
  [0x1b, { name: "COM_SET_OPTION", reply: acknowledged }],
  [0x1c, { name: "COM_STMT_FETCH", reply: (form) => rows(form, undefined) }],
  [0x1f, { name: "COM_RESET_CONNECTION", reply: acknowledged }],
  // MariaDB only.
  [0xfa, { name: "COM_STMT_BULK_EXECUTE", reply: result, isStatement: true }],
]);

/** Names of commands that the proxy refuses, for recorded messages. */
export const refusedCommands: ReadonlyMap<number, string> = new Map([
  [0x11, "COM_CHANGE_USER"],
  [0x12, "COM_BINLOG_DUMP"],
  [0x15, "COM_REGISTER_SLAVE"],
  [0x1e, "COM_BINLOG_DUMP_GTID"],
  [0x20, "COM_CLONE"],
]);
