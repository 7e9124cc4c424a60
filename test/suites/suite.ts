import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";

/** The servers that suites run on. */
export type SuiteEngine = "postgres" | "mysql";

/** What connects: the driver or ORM by itself, or our adapter in its place. */
export type SuiteSide = "bare" | "ours";

/** How one test of a suite ended. */
export interface TestOutcome {
  /** Titles from the outermost to the test's own, or a path; the same on both sides. */
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped";
  /** Why it failed. */
  readonly message?: string | undefined;
}

/** One run of a suite on one side. */
export interface SuiteRun {
  /** Where the suite's sources are, built and with their dependencies installed. */
  readonly checkout: string;
  readonly engine: SuiteEngine;
  readonly side: SuiteSide;
  /** Where to connect: the server itself, or on our side the local proxy, which takes any password for a token. */
  readonly place: DatabaseServer;
  /** The server itself, on both sides. */
  readonly server: DatabaseServer;
  /** The environment variables of a Lambda function behind the local proxy. Empty on the bare side. */
  readonly proxyEnvironment: Readonly<Record<string, string>>;
  /** A folder that is removed after the run. */
  readonly folder: string;
  /** Files or titles to restrict the run to, in the suite's own terms. */
  readonly filters: readonly string[];
}

/** The test suite of a driver or ORM that we wrap. Its sources are read from a checkout and never copied here. */
export interface Suite {
  readonly engines: readonly SuiteEngine[];
  /** Databases by fixed names that the suite makes and drops on MySQL. Default: none. */
  readonly furtherDatabases?: readonly string[] | undefined;
  run(run: SuiteRun): Promise<readonly TestOutcome[]>;
}
