import { checkDriverOptions, invalidOption, type ResolvedRdsProxyOptions } from "@rds-proxy/core";
import type pg from "pg";

type PgOptionName =
  | "application_name"
  | "fallback_application_name"
  | "query_timeout"
  | "keepAlive"
  | "keepAliveInitialDelayMillis"
  | "types";

/** Options of node-postgres that go with RDS Proxy and are handed on to it as they are. */
export const PG_OPTION_NAMES: readonly PgOptionName[] = [
  "application_name",
  "fallback_application_name",
  "query_timeout",
  "keepAlive",
  "keepAliveInitialDelayMillis",
  "types",
];

/**
 * Options of node-postgres itself.
 *
 * `query_timeout` is the one limit on statements that works through RDS Proxy: it is the client's own, in
 * milliseconds, and the statement goes on running at the server.
 */
export type PgOptions = Pick<pg.ClientConfig, PgOptionName>;

const STATEMENT_LIMITS =
  "RDS Proxy refuses connections that carry it (0A000). Set it on the role, for example " +
  "`ALTER ROLE app SET statement_timeout = '5s'`, or in the proxy's initialization query; a limit on the client's " +
  "side is `query_timeout`.";

/** What node-postgres would take and a proxied login must not have, with the way out. */
const REMEDIES: Readonly<Record<string, string>> = {
  statement_timeout: STATEMENT_LIMITS,
  lock_timeout: STATEMENT_LIMITS,
  idle_in_transaction_session_timeout: STATEMENT_LIMITS,
  options: STATEMENT_LIMITS,
  replication: "RDS Proxy does not relay replication (0A000): connect to the database itself.",
  password: "Leave it out: a token is signed for each login.",
  connectionString: "Give host, port, user and database as options or in the environment.",
  ssl: "Verification is always on; extra roots go into `ssl: { ca }`.",
  connectionTimeoutMillis: "The limit of one attempt is `connectTimeoutMs`.",
  max: "The number of connections is `maxConnections`.",
  pipeline: "A pipelined connection cannot be rolled back or given back safely.",
};

/** Startup options that reach the server, which an RDS instance takes and an RDS Proxy refuses. */
const STARTUP_OPTIONS = [
  "statement_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
  "options",
  "replication",
] as const;

/** node-postgres reads these by itself when the option is missing. */
const STARTUP_VARIABLES = { options: "PGOPTIONS", replication: "PGREPLICATION" } as const;

/**
 * Checks what is meant for node-postgres.
 *
 * @throws RdsProxyError for an unknown name, and for a startup option that RDS Proxy refuses, also when it comes
 *   from a variable
 */
export function checkPgOptions<T extends object>(
  given: T,
  known: readonly string[],
  { endpoint, runtime }: ResolvedRdsProxyOptions,
): T {
  if (endpoint.kind === "instance") {
    checkDriverOptions(given, [...known, ...STARTUP_OPTIONS], REMEDIES);
    return given;
  }
  checkDriverOptions(given, known, REMEDIES);
  for (const [name, variable] of Object.entries(STARTUP_VARIABLES)) {
    if (runtime.env[variable])
      throw invalidOption(variable, "it not to be set", "a value", REMEDIES[name] ?? "");
  }
  return given;
}
