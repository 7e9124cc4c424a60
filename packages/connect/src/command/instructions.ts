import { dirname } from "node:path";
import type { ClientAddress } from "./client-environment.js";

/**
 * What a listener that stays prints. The password is in no command's arguments, which every user of the machine can read.
 *
 * @param endpoint where it leads to
 */
export function instructions(address: ClientAddress, endpoint: string): string {
  const { host, port, path, user, password, database } = address;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["host", host ?? (address.engine === "postgres" ? dirname(path ?? "") : undefined)],
    ["port", port === undefined ? undefined : String(port)],
    ["socket", path],
    ["user", user],
    ["password", password ?? "none is needed"],
    ["database", database],
    ["TLS", "off: this part of the way is on this machine, and the rest is encrypted and verified"],
  ];
  const lines = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(9)} ${value}`],
  );
  return `Connected to ${endpoint}. Connect your program to:\n\n${lines.join("\n")}\n\nFor example:\n\n  ${example(address)}\n\n`;
}

function example({ engine, host, port, path, user, password, database }: ClientAddress): string {
  if (engine === "postgres") {
    const variables = [...(password === undefined ? [] : [`PGPASSWORD=${password}`]), "PGSSLMODE=disable"];
    const flags = [`-h ${quoted(host ?? dirname(path ?? ""))}`, `-p ${port}`, `-U ${quoted(user)}`];
    return [...variables, "psql", ...flags, ...(database === undefined ? [] : [quoted(database)])].join(" ");
  }
  return [
    ...(password === undefined ? [] : [`MYSQL_PWD=${password}`]),
    "mysql",
    ...(host === undefined ? [`--socket=${quoted(path ?? "")}`] : [`--host=${host}`, `--port=${port}`]),
    `--user=${quoted(user)}`,
    ...(database === undefined ? [] : [quoted(database)]),
  ].join(" ");
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./@:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
