/** What to do where a query waited too long for the invocation's connection. */
export const TURNS_REMEDY: string =
  "Inside of `db.transaction().execute(async (trx) => ...)` and `db.connection().execute(async (connection) => ...)` query " +
  "`trx` and `connection`, not `db`; commit or roll back the transaction of `startTransaction()`, and finish " +
  "reading streams, before you use `db` again.";
