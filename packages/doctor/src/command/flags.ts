/** One flag of the command. */
interface Flag {
  /** What stands for its value in the help; a flag without one is a switch. */
  readonly value?: string;
  readonly help: string;
  /** The option of `diagnose` that it sets. */
  readonly option?: string;
  /** Whether the option is a number. */
  readonly isNumber?: boolean;
}

export type FlagName =
  | "engine"
  | "host"
  | "port"
  | "user"
  | "database"
  | "region"
  | "signing-host"
  | "signing-port"
  | "role-arn"
  | "secret-id"
  | "ca-file"
  | "timeout"
  | "json"
  | "help";

/** Every flag, in the order of the help. */
const flags: Readonly<Record<FlagName, Flag>> = {
  engine: { value: "NAME", option: "engine", help: "postgres (the default), or mysql for MySQL and MariaDB" },
  host: {
    value: "NAME",
    option: "host",
    help: "endpoint to dial; RDS_PROXY_ENDPOINT, then PGHOST or MYSQL_HOST",
  },
  port: { value: "PORT", option: "port", isNumber: true, help: "RDS_PROXY_PORT, then 5432 or 3306" },
  user: { value: "NAME", option: "user", help: "database user; RDS_PROXY_USER, then PGUSER or MYSQL_USER" },
  database: {
    value: "NAME",
    option: "database",
    help: "RDS_PROXY_DATABASE, then PGDATABASE or MYSQL_DATABASE",
  },
  region: { value: "NAME", option: "region", help: "from the host's name, then AWS_REGION" },
  "signing-host": {
    value: "NAME",
    option: "signingHost",
    help: "the real endpoint, behind a tunnel or a CNAME",
  },
  "signing-port": { value: "PORT", option: "signingPort", isNumber: true, help: "its port" },
  "role-arn": { value: "ARN", option: "roleArn", help: "a role to assume first" },
  "secret-id": { value: "ID", option: "auth", help: "a secret whose password logs in, instead of a token" },
  "ca-file": { value: "FILE", option: "ssl.ca", help: "PEM certificates that are trusted, too" },
  timeout: { value: "MS", option: "timeoutMs", isNumber: true, help: "limit of the whole; 15000" },
  json: { help: "write the report as JSON" },
  help: { help: "show this" },
};

/** The table as one reads it: also for those who iterate over it. */
export const flagList: readonly (readonly [FlagName, Flag])[] = Object.entries(flags).flatMap(
  ([name, flag]) => (isFlagName(name) ? [[name, flag] as const] : []),
);

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(flags, name);
}

/** The flag that sets an option, as a report names it. */
export function flagOf(option: string): string {
  const [name = option] = flagList.find(([, flag]) => flag.option === option) ?? [];
  return `--${name}`;
}

const widest = Math.max(...flagList.map(([name, { value }]) => nameOf(name, value).length));

/** What `--help` prints. */
export const helpText: string = `Usage: rds-proxy-doctor [flags]

Walks one connection to Amazon RDS Proxy from the outside in, and says what is wrong at the first thing that is. What no
flag says comes from the environment, as for the library. Exits with 0 when all is well, 1 when not, 2 for a wrong flag.

${flagList.map(([name, { value, help }]) => `  ${nameOf(name, value).padEnd(widest)}  ${help}`).join("\n")}
`;

function nameOf(name: string, value: string | undefined): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
