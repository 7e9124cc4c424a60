import type { StatementFault } from "../faults/faults.js";
import type { ServerError } from "./messages.js";
import { borrowTimedOut, readOnly, unknownError } from "./refusals.js";

const errors: Readonly<Record<StatementFault, Omit<ServerError, "sqlState">>> = {
  "read-only": { errno: 1290, text: readOnly().message },
  // Source of the text: MySQL's source.
  "read-only-mode": { errno: 1836, text: "Running in read-only mode" },
  "borrow-timeout": { errno: 9501, text: borrowTimedOut().message },
  unknown: { errno: 1105, text: unknownError().message },
};

/**
 * A statement that makes the server itself answer with the error, so that numbering and status flags stay consistent.
 */
export function failingStatement(fault: StatementFault): string {
  const { errno, text } = errors[fault];
  return `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = '${text}'`;
}
