import type { Context } from "aws-lambda";

/** One simulated execution environment, with a pool or middleware of its own. It is never invoked twice at once. */
export interface Environment {
  invoke(context: Context): Promise<unknown>;
  /** Ends its connections, as the end of its process would. */
  stop(): Promise<void>;
}

/** What every contender's module exports. */
export interface EnvironmentModule {
  /** @param querySeconds how long each query keeps a connection of the database busy */
  createEnvironment(querySeconds: number): Environment;
}
