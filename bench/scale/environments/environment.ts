import type { Context } from "aws-lambda";

/** One execution environment among the many of a process: invoked one time after the other, never twice at once. */
export type Invoke = (context: Context) => Promise<unknown>;

/** What each environment of a contender's module is made by. */
export interface EnvironmentModule {
  createEnvironment(): Invoke;
}

/** Long enough for the database to be busy with it, as with a query of a user, and not with the connection alone. */
export const statement = "select pg_sleep(0.005)";
