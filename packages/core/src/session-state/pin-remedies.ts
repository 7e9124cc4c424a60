import type { EffectKind } from "./effects.js";

const ROLE_DEFAULT =
  "Use SET LOCAL or set_config(name, value, true) in a transaction, ALTER ROLE ... SET for all sessions of a user, or the proxy's initialization query.";
const UNNAMED = "Send parameterised queries without a name.";
const TABLE = "Use a WITH query or an ordinary table.";
const TRANSACTION_LOCK = "Use pg_advisory_xact_lock or pg_try_advisory_xact_lock in a transaction.";
const PAGES = "Read pages by a key, or the rows of one query at once.";
const QUERY = "Use query() in place of execute() and prepare().";
const SAME_EVERYWHERE =
  "Use one value for all connections: the proxy's initialization query, or an option of the driver.";

/** What to use instead of the statement, by kind of effect. */
export const PIN_REMEDIES: Readonly<Record<EffectKind, string>> = {
  set: ROLE_DEFAULT,
  "set-local": "None is needed: it ends with its transaction.",
  prepare: UNNAMED,
  execute: UNNAMED,
  deallocate: UNNAMED,
  discard: "Leave it out: session state ends with its invocation.",
  cursor: PAGES,
  "cursor-with-hold": PAGES,
  listen: "Poll, or listen on a connection of its own that does not go through the proxy.",
  "temporary-object": TABLE,
  "temporary-object-of-transaction": TABLE,
  "sequence-function": "Use a serial or identity column with RETURNING.",
  "temporary-function": "Create it in an ordinary schema, by a migration.",
  "random-seed": "Draw repeatable random values in the program.",
  "advisory-lock": TRANSACTION_LOCK,
  "load-library": "Preload the library in the parameter group of the database.",
  "server-parameter": ROLE_DEFAULT,
  "set-variable": "Keep the value in the program, or set it in the proxy's initialization query.",
  "set-global": "Set it in the parameter group of the database.",
  "set-tracked-variable": SAME_EVERYWHERE,
  "set-untracked-local": `SET LOCAL is SET SESSION in MySQL. ${SAME_EVERYWHERE}`,
  "set-role": "Grant the role as a default role of the user.",
  "use-database": "Name the database when connecting, or write database.table.",
  "next-transaction":
    "Set the isolation level for the session, by the proxy's initialization query or once per connection.",
  "prepare-text": QUERY,
  "execute-text": QUERY,
  "lock-tables": "Use a transaction and SELECT ... FOR UPDATE.",
  "backup-lock": "Take backups with a user and connection of their own.",
  "named-lock": "Lock a row that stands for the lock by SELECT ... FOR UPDATE.",
  "temporary-table": TABLE,
  "executable-comment": "Write its content without the comment.",
  "row-count": "Use affectedRows of the result, or SELECT count(*).",
  handler: "Use SELECT.",
  "change-user": "Use a pool or middleware for each user.",
  "prepared-statement": `${UNNAMED} With mysql2: ${QUERY}`,
  "long-statement":
    "Send values as parameters, or in smaller batches: a text of more than 16 KB pins. mysql2's query() puts values into the text.",
};
