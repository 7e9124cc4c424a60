import type { LocalProxyOptions } from "../options/options.js";

/** One flag of the command. */
interface Flag {
  /** The placeholder for its value in the help; a flag without one is a switch. */
  readonly value?: string;
  readonly help: string;
  /** The option of `startLocalProxy` that it sets. */
  readonly option?: keyof LocalProxyOptions;
  /** Whether the option is a number. */
  readonly isNumber?: boolean;
}

/** None begins with --env-file, which Node.js reads itself, also behind the program's name (nodejs/node#54232). */
export type FlagName =
  | "engine"
  | "upstream"
  | "port"
  | "listen"
  | "name"
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
  | "unnamed-statement"
  | "faults"
  | "fail-on-pin"
  | "output"
  | "environment-file"
  | "ca-file"
  | "print-token"
  | "config"
  | "profile"
  | "exec"
  | "quiet"
  | "version"
  | "help";

/** Every flag, in the order of the help. */
const flags: Readonly<Record<FlagName, Flag>> = {
  engine: { value: "NAME", help: "postgres (default), mysql or mariadb" },
  upstream: {
    value: "URL",
    help: "a running server, such as postgres://user:password@host:port/database; default: start one",
  },
  port: {
    value: "PORT",
    option: "port",
    isNumber: true,
    help: "TCP port; default: any free port",
  },
  listen: {
    value: "ADDRESS",
    option: "listen",
    help: "IP address to listen on, 0.0.0.0 for containers and other machines; default: 127.0.0.1",
  },
  name: {
    value: "NAMES",
    help: "names by which others reach the proxy, such as host.docker.internal,db.test; the first is printed",
  },
  http: { value: "PORT", help: "TCP port of the status page and /metrics, or off; default: any free port" },
  user: { value: "NAME", option: "user", help: "user of the clients; default: the user of --upstream" },
  region: { value: "NAME", option: "region", help: "AWS region of the tokens; default: us-east-1" },
  authentication: {
    value: "MODE",
    option: "authentication",
    help: "iam (default), password or end-to-end-iam",
  },
  "max-connections": {
    value: "COUNT",
    option: "maxConnections",
    isNumber: true,
    help: "max_connections of the database; default: 100",
  },
  "max-connections-percent": {
    value: "PERCENT",
    option: "maxConnectionsPercent",
    isNumber: true,
    help: "percentage of these that the proxy may use; default: 100",
  },
  "borrow-timeout": {
    value: "MS",
    option: "borrowTimeoutMs",
    isNumber: true,
    help: "maximum wait for a database connection, in ms; default: 120000",
  },
  "idle-client-timeout": {
    value: "MS",
    option: "idleClientTimeoutMs",
    isNumber: true,
    help: "time without a message until a client is disconnected, in ms; default: 1800000",
  },
  "init-query": {
    value: "SQL",
    option: "initQuery",
    help: "SQL statement to run on each new database connection",
  },
  "target-role": { value: "ROLE", option: "targetRole", help: "read-write (default) or read-only" },
  "unnamed-statement": {
    value: "MODE",
    option: "unnamedStatement",
    help: "PostgreSQL, an unnamed statement after its Sync: prepare it again (prepare, default), pin or refuse",
  },
  faults: {
    value: "LIST",
    help: "faults of the next connections, in order, such as exhausted:3,reset-after-password",
  },
  "fail-on-pin": { help: "exit with code 1 if a session was pinned" },
  output: {
    value: "FORMAT",
    help: "how the environment is written: bash (default), fish, powershell, dotenv, docker or sam",
  },
  "environment-file": {
    value: "FILE",
    help: "write the environment to this file, as dotenv unless --output says otherwise",
  },
  "ca-file": { value: "FILE", help: "write the certificate authority to this file, for a container" },
  "print-token": {
    help: "print a token for the running proxy of the environment, or of --environment-file, and exit",
  },
  config: { value: "FILE", help: "JSON file with options of startLocalProxy, and http, faults, failOnPin" },
  profile: { value: "FILE", help: "what `rds-proxy-doctor probe --save FILE` found out about a real proxy" },
  exec: { help: "run the program after -- with the environment, and exit with its code" },
  quiet: { help: "write no log" },
  version: { help: "show the version" },
  help: { help: "show this help; also -h" },
};

/** Every flag with its name, typed for iteration. */
export const flagList: readonly (readonly [FlagName, Flag])[] = Object.entries(flags).flatMap(
  ([name, flag]) => (isFlagName(name) ? [[name, flag] as const] : []),
);

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(flags, name);
}

const widest = Math.max(...flagList.map(([name, { value }]) => nameOf(name, value).length));

/** The output of `--help`. */
export const helpText: string = `Usage: rds-proxy-local [flags]
       rds-proxy-local [flags] --exec -- program [arguments]

Starts a local Amazon RDS Proxy in front of a real database server, and prints the environment variables for its clients.

${flagList.map(([name, { value, help }]) => `  ${nameOf(name, value).padEnd(widest)}  ${help}`).join("\n")}
`;

function nameOf(name: string, value: string | undefined): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
