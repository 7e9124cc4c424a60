/** One flag of the command. */
interface Flag {
  /** The placeholder for its value in the help; a flag without one is a switch. */
  readonly value?: string;
  readonly help: string;
  /** The option of core that it sets as it is. */
  readonly option?: string;
}

/** None begins with --env-file, which Node.js reads itself, also behind the program's name (nodejs/node#54232). */
export type FlagName =
  | "engine"
  | "host"
  | "endpoint-port"
  | "user"
  | "database"
  | "region"
  | "signing-host"
  | "signing-port"
  | "instance"
  | "role-arn"
  | "secret"
  | "ca-file"
  | "timeout"
  | "port"
  | "listen"
  | "socket"
  | "no-password"
  | "exec"
  | "print-token"
  | "yes"
  | "help";

/** Every flag, in the order of the help. */
const flags: Readonly<Record<FlagName, Flag>> = {
  engine: { value: "NAME", help: "postgres (default), or mysql for MySQL and MariaDB" },
  host: {
    value: "NAME",
    option: "host",
    help: "endpoint of the proxy, instance or cluster; default: RDS_PROXY_ENDPOINT, then PGHOST or MYSQL_HOST",
  },
  "endpoint-port": { value: "PORT", help: "its port; default: RDS_PROXY_PORT, then 5432 or 3306" },
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
    help: "the endpoint's own name, if --host is a tunnel or a CNAME",
  },
  "signing-port": { value: "PORT", help: "port of --signing-host; default: 5432 or 3306" },
  instance: { help: "--host leads to an instance or cluster, not to a proxy, which its name does not tell" },
  "role-arn": { value: "ARN", option: "roleArn", help: "IAM role to assume before signing" },
  secret: { value: "ID", help: "secret whose password to log in with, instead of a token" },
  "ca-file": { value: "FILE", help: "additional trusted PEM certificates" },
  timeout: { value: "MS", help: "limit of one login, retries included, in ms; default: 30000" },
  port: { value: "PORT", help: "TCP port to listen on; default: any free port" },
  listen: { value: "ADDRESS", help: "IP address to listen on; default: 127.0.0.1" },
  socket: {
    value: "PATH",
    help: "listen on a Unix socket that only you can use: a folder for PostgreSQL, a file for MySQL",
  },
  "no-password": { help: "let clients in without the listener's password" },
  exec: { help: "run the program after -- (the same without this flag)" },
  "print-token": { help: "print a token for one login, and exit" },
  yes: { help: "print it also on a terminal" },
  help: { help: "show this help" },
};

/** Every flag with its name, typed for iteration. */
export const flagList: readonly (readonly [FlagName, Flag])[] = Object.entries(flags).flatMap(
  ([name, flag]) => (isFlagName(name) ? [[name, flag] as const] : []),
);

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(flags, name);
}

/** Options of core that a flag sets in another form. */
const SET_OTHERWISE: Readonly<Record<string, FlagName>> = {
  port: "endpoint-port",
  signingPort: "signing-port",
  secret: "secret",
  "secret.secretId": "secret",
  "ssl.ca": "ca-file",
  acquireTimeoutMs: "timeout",
};

/** A message of core, which names the flags in place of the library's options. */
export function namingFlags(message: string): string {
  const named = (option: string): string | undefined => {
    const [name] = flagList.find(([, flag]) => flag.option === option) ?? [SET_OTHERWISE[option]];
    return name && `--${name}`;
  };
  return message
    .replace(/^([\w.]+):/, (text, option: string) =>
      named(option) === undefined ? text : `${named(option)}:`,
    )
    .replaceAll(/(?:the option )?`([\w.]+)`/g, (text, option: string) => named(option) ?? text);
}

const widest = Math.max(...flagList.map(([name, { value }]) => nameOf(name, value).length));

/** The output of `--help`. */
export const helpText: string = `Usage: rds-proxy-connect [flags] -- PROGRAM [ARGUMENTS]    runs a program that connects through it
       rds-proxy-connect [flags]                           stays, and prints how to connect

Listens on this machine for a program that speaks PostgreSQL's or MySQL's protocol, and logs in to Amazon RDS Proxy or RDS for
it: with an IAM token for each connection, and over verified TLS. Defaults come from environment variables, as in the library.
Exit codes: the program's own; 0 after a signal to end; 2 if the endpoint cannot be used or a flag is wrong.

${flagList.map(([name, { value, help }]) => `  ${nameOf(name, value).padEnd(widest)}  ${help}`).join("\n")}
`;

function nameOf(name: string, value: string | undefined): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
