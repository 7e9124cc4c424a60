import type { StatementFault } from "../faults/faults.js";
import type { ServerError } from "./messages.js";
import { borrowTimedOut, readOnly, unknownError } from "./refusals.js";

const errors: Readonly<Record<StatementFault, Omit<ServerError, "sqlState">>> = {
  "read-only": { errno: 1290, text: readOnly().message },
  // MySQL's own text, by its source.
  "read-only-mode": { errno: 1836, text: "Running in read-only mode" },
  "borrow-timeout": { errno: 9501, text: borrowTimedOut().message },
  unknown: { errno: 1105, text: unknownError().message },
};

/** A statement that the server answers with the error, so that the session stays in step and sees the server's packets. */
export function failingStatement(fault: StatementFault): string {
  const { errno, text } = errors[fault];
  return `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = '${text}'`;
}
