import { dirname } from "node:path";
import type { Engine } from "@rds-proxy/core";

/** How clients reach the listener. */
export interface ClientAddress {
  readonly engine: Engine;
  /** An IP address to connect to; undefined for a Unix socket. */
  readonly host: string | undefined;
  /** PostgreSQL's Unix sockets have a port too, in their name. */
  readonly port: number | undefined;
  /** The file of the Unix socket. */
  readonly path: string | undefined;
  readonly user: string;
  /** Undefined if clients need none. */
  readonly password: string | undefined;
  readonly database: string | undefined;
}

/** Variables of libpq that would lead a program elsewhere, or ask for TLS. */
const REMOVED_FOR_POSTGRES = [
  "PGHOSTADDR",
  "PGSERVICE",
  "PGSSLROOTCERT",
  "PGSSLNEGOTIATION",
  "PGREQUIREAUTH",
  "PGCHANNELBINDING",
  "PGPASSWORD",
];
const REMOVED_FOR_MYSQL = ["MYSQL_UNIX_PORT", "MYSQL_PWD", "MYSQL_PASSWORD"];

/** The environment of a program that connects to the listener: that of this process, with the variables of the clients. */
export function clientEnvironment(
  address: ClientAddress,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const removed = address.engine === "postgres" ? REMOVED_FOR_POSTGRES : REMOVED_FOR_MYSQL;
  const kept = Object.entries(env).filter(([name]) => !removed.includes(name));
  const set = address.engine === "postgres" ? postgresVariables(address) : mysqlVariables(address);
  const defined = [...kept, ...Object.entries({ ...set, DATABASE_URL: databaseUrl(address) })].flatMap(
    ([name, value]) => (value === undefined ? [] : [[name, value] as const]),
  );
  return Object.fromEntries(defined);
}

type Variables = Readonly<Record<string, string | undefined>>;

/** https://www.postgresql.org/docs/current/libpq-envars.html */
function postgresVariables({ host, port, path, user, password, database }: ClientAddress): Variables {
  return {
    PGHOST: host ?? dirname(path ?? ""),
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: "disable",
    PGGSSENCMODE: "disable",
  };
}

/**
 * https://dev.mysql.com/doc/refman/8.4/en/environment-variables.html has the host, the ports and MYSQL_PWD. The others are a
 * custom of libraries, and of the images of MySQL.
 */
function mysqlVariables({ host, port, path, user, password, database }: ClientAddress): Variables {
  return {
    // With another name MySQL's programs would ignore the Unix socket.
    MYSQL_HOST: host ?? "localhost",
    MYSQL_TCP_PORT: port === undefined ? undefined : String(port),
    MYSQL_PORT: port === undefined ? undefined : String(port),
    MYSQL_UNIX_PORT: path,
    MYSQL_USER: user,
    MYSQL_PWD: password,
    MYSQL_PASSWORD: password,
    MYSQL_DATABASE: database,
    // MariaDB's programs want verified TLS by default, since 11.4: libmariadb's mariadb_tls.c.
    MARIADB_TLS_DISABLE_PEER_VERIFICATION: "1",
  };
}

/** A connection string, as most libraries read it. */
function databaseUrl({ engine, host, port, path, user, password, database }: ClientAddress): string {
  const login = password === undefined ? enc(user) : `${enc(user)}:${enc(password)}`;
  const name = enc(database ?? "");
  const inUrl = host?.includes(":") ? `[${host}]` : host;
  if (engine === "postgres") {
    return inUrl === undefined
      ? `postgresql://${login}@/${name}?host=${enc(dirname(path ?? ""))}&port=${port}&sslmode=disable`
      : `postgresql://${login}@${inUrl}:${port}/${name}?sslmode=disable`;
  }
  return inUrl === undefined
    ? `mysql://${login}@localhost/${name}?socket=${enc(path ?? "")}`
    : `mysql://${login}@${inUrl}:${port}/${name}`;
}

const enc = encodeURIComponent;
