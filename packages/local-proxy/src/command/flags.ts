import type { LocalProxyOptions } from "../options/options.js";

/** One flag of the command. */
interface Flag {
  /** What stands for its value in the help; a flag without one is a switch. */
  readonly value?: string;
  readonly help: string;
  /** The option of `startLocalProxy` that it sets; a configuration file can set the others, too. */
  readonly option?: keyof LocalProxyOptions;
  /** Whether the option is a number. */
  readonly isNumber?: boolean;
}

export type FlagName =
  | "engine"
  | "upstream"
  | "port"
  | "http"
  | "user"
  | "region"
  | "authentication"
  | "max-connections"
  | "max-connections-percent"
  | "borrow-timeout"
  | "idle-client-timeout"
  | "init-query"
  | "target-role"
  | "faults"
  | "fail-on-pin"
  | "config"
  | "exec"
  | "quiet"
  | "help";

/** Every flag, in the order of the help. */
const flags: Readonly<Record<FlagName, Flag>> = {
  engine: { value: "NAME", help: "postgres (the default), or mysql for MySQL and MariaDB" },
  upstream: {
    value: "URL",
    help: "a running server, as postgres://user:password@host:port/database; without it one is started",
  },
  port: { value: "PORT", option: "port", isNumber: true, help: "TCP port on 127.0.0.1; any free one" },
  http: { value: "PORT", help: "TCP port of the page and of /metrics; any free one; off for none" },
  user: { value: "NAME", option: "user", help: "the user as which clients log in; the server's" },
  region: { value: "NAME", option: "region", help: "AWS region that tokens must be signed for; us-east-1" },
  authentication: {
    value: "MODE",
    option: "authentication",
    help: "iam (the default), password, end-to-end-iam",
  },
  "max-connections": {
    value: "COUNT",
    option: "maxConnections",
    isNumber: true,
    help: "the database's max_connections; 100",
  },
  "max-connections-percent": {
    value: "PERCENT",
    option: "maxConnectionsPercent",
    isNumber: true,
    help: "how many of these the proxy may use; 100",
  },
  "borrow-timeout": {
    value: "MS",
    option: "borrowTimeoutMs",
    isNumber: true,
    help: "longest wait for a database connection, in ms; 120000",
  },
  "idle-client-timeout": {
    value: "MS",
    option: "idleClientTimeoutMs",
    isNumber: true,
    help: "longest time without a message, in ms; 1800000",
  },
  "init-query": { value: "SQL", option: "initQuery", help: "statement run on each database connection" },
  "target-role": { value: "ROLE", option: "targetRole", help: "read-write (the default), or read-only" },
  faults: {
    value: "LIST",
    help: "how the next connects fail, in order: exhausted:3,reset-after-password",
  },
  "fail-on-pin": { help: "exit with 1 if a session was pinned" },
  config: { value: "FILE", help: "JSON with the options of startLocalProxy, and http, faults, failOnPin" },
  exec: { help: "run the program after -- with the environment, and exit as it does" },
  quiet: { help: "write no log" },
  help: { help: "show this" },
};

/** The table as one reads it: also for those who iterate over it. */
export const flagList: readonly (readonly [FlagName, Flag])[] = Object.entries(flags).flatMap(
  ([name, flag]) => (isFlagName(name) ? [[name, flag] as const] : []),
);

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(flags, name);
}

const widest = Math.max(...flagList.map(([name, { value }]) => nameOf(name, value).length));

/** What `--help` prints. */
export const helpText: string = `Usage: rds-proxy-local [flags]
       rds-proxy-local [flags] --exec -- program [arguments]

A local Amazon RDS Proxy in front of a real server. It prints the environment that a client needs.

${flagList.map(([name, { value, help }]) => `  ${nameOf(name, value).padEnd(widest)}  ${help}`).join("\n")}
`;

function nameOf(name: string, value: string | undefined): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
