import type { Context } from "aws-lambda";

/** One simulated execution environment, with a pool or middleware of its own. It is never invoked twice at once. */
export interface Environment {
  invoke(context: Context): Promise<unknown>;
  /** Ends its connections, as the end of its process would. */
  stop(): Promise<void>;
}

/** What each environment of a contender's module is made by. */
export interface EnvironmentModule {
  createEnvironment(): Environment;
}

/** For how long each statement keeps a connection of the database busy. */
export const busySeconds = 0.02;

/** What the usual snippet gives a connect before it gives up. */
export const connectTimeoutMs = 5000;
