import type { ProbeSession } from "../probe-session.js";

/** Runs statements in a transaction, which is rolled back if one of them fails. */
export async function inTransaction(
  session: ProbeSession,
  statements: readonly string[],
  end: "commit" | "rollback",
): Promise<void> {
  await session.query("begin");
  try {
    for (const statement of statements) await session.query(statement);
  } catch (error) {
    await session.query("rollback");
    throw error;
  }
  await session.query(end);
}
