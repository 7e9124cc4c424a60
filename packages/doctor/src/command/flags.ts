/** One flag of the command. */
export interface Flag {
  /** The placeholder for its value in the help; a flag without one is a switch. */
  readonly value?: string;
  readonly help: string;
  /** The option of `diagnose` or `probe` that it sets. */
  readonly option?: string;
  /** The whole numbers that it takes; without them the option is a text. */
  readonly range?: readonly [smallest: number, largest: number];
}

export type FlagName =
  | "engine"
  | "host"
  | "target-role"
  | "port"
  | "user"
  | "database"
  | "region"
  | "signing-host"
  | "signing-port"
  | "role-arn"
  | "secret"
  | "ca-file"
  | "timeout"
  | "json"
  | "help";

const PORTS = [1, 65_535] as const;

/** Every flag of the diagnosis, in the order of the help. */
export const flags: Readonly<Record<FlagName, Flag>> = {
  engine: { value: "NAME", option: "engine", help: "postgres (default), or mysql for MySQL and MariaDB" },
  host: {
    value: "NAME",
    option: "host",
    help: "endpoint of the proxy; default: RDS_PROXY_ENDPOINT, then PGHOST or MYSQL_HOST",
  },
  "target-role": {
    value: "ROLE",
    option: "targetRole",
    help: "read-write (default), or read-only, whose default host is RDS_PROXY_READER_ENDPOINT",
  },
  port: {
    value: "PORT",
    option: "port",
    range: PORTS,
    help: "its port; default: RDS_PROXY_PORT, then 5432 or 3306",
  },
  user: {
    value: "NAME",
    option: "user",
    help: "database user; default: RDS_PROXY_USER, then PGUSER or MYSQL_USER",
  },
  database: {
    value: "NAME",
    option: "database",
    help: "database; default: RDS_PROXY_DATABASE, then PGDATABASE or MYSQL_DATABASE",
  },
  region: {
    value: "NAME",
    option: "region",
    help: "AWS region; default: from the host's name, then AWS_REGION",
  },
  "signing-host": {
    value: "NAME",
    option: "signingHost",
    help: "the proxy's own endpoint, if --host is a tunnel or a CNAME",
  },
  "signing-port": { value: "PORT", option: "signingPort", range: PORTS, help: "port of --signing-host" },
  "role-arn": { value: "ARN", option: "roleArn", help: "IAM role to assume before signing" },
  secret: {
    value: "ID",
    option: "secret",
    help: "secret whose password to log in with, instead of a token",
  },
  "ca-file": { value: "FILE", option: "ssl.ca", help: "additional trusted PEM certificates" },
  timeout: {
    value: "MS",
    option: "timeoutMs",
    range: [1, Number.MAX_SAFE_INTEGER],
    help: "limit of the whole diagnosis, in ms; default: 15000",
  },
  json: { help: "write the report as JSON" },
  help: { help: "show this help" },
};

/** Flags by their names, in the order of the help. */
export type FlagList = readonly (readonly [name: string, flag: Flag])[];

export const flagList: FlagList = Object.entries(flags);

/** The flag that sets an option: its name in the report. */
export function flagOf(option: string): string {
  const [name = option] = flagList.find(([, flag]) => flag.option === option) ?? [];
  return `--${name}`;
}

/** The output of `--help`. */
export const helpText: string = `Usage: rds-proxy-doctor [flags]
       rds-proxy-doctor pins [flags] [FILE or FOLDER ...]    finds statements that pin; see pins --help
       rds-proxy-doctor probe [flags]                        finds out what AWS does not document; see probe --help

Checks one connection to Amazon RDS Proxy step by step, stops at the first failure, and prints its likely causes and their
remedies. Defaults come from environment variables, as in the library. Exit codes: 0 healthy, 1 not healthy, 2 wrong flag.

${describeFlags(flagList)}
`;

/** A line for each flag. */
export function describeFlags(list: FlagList): string {
  const widest = Math.max(...list.map(([name, { value }]) => nameOf(name, value).length));
  return list.map(([name, { value, help }]) => `  ${nameOf(name, value).padEnd(widest)}  ${help}`).join("\n");
}

function nameOf(name: string, value: string | undefined): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
