import { DrizzleQueryError } from "drizzle-orm";

/** Awaits a query of Drizzle; rejects with the driver's error, which Drizzle makes the cause of its own. */
export async function withoutDrizzleErrors<Rows>(query: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await query;
  } catch (error) {
    throw error instanceof DrizzleQueryError && error.cause ? error.cause : error;
  }
}
