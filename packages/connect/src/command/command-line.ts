import { readFile } from "node:fs/promises";
import { BlockList, isIP, isIPv6 } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Engine, RdsProxyOptions } from "@rds-proxy/core";
import { type FlagName, flagList, isFlagName } from "./flags.js";
import { UsageError, usageErrorOf } from "./usage-error.js";

/** Longer than core's default for functions: a way through a tunnel takes more time. */
const ATTEMPT_TIMEOUT_MS = 10_000;

/** Where to listen, as the flags name it. */
export interface ListenFlags {
  readonly host: string;
  /** 0 for any free port; undefined if there was no flag. */
  readonly port: number | undefined;
  /** The folder or file of a Unix socket. */
  readonly socket: string | undefined;
}

/** The parsed command line. */
export interface Command {
  readonly engine: Engine;
  readonly options: RdsProxyOptions;
  readonly listen: ListenFlags;
  readonly needsPassword: boolean;
  /** The program after `--`, and its arguments. */
  readonly program: readonly [string, ...string[]] | undefined;
  /** Whether to print a token; `"on terminals"` with `--yes`. */
  readonly printToken: boolean | "on terminals";
}

/**
 * Parses the arguments and reads the file of `--ca-file`.
 *
 * @returns `"help"` for `--help`
 * @throws UsageError that names the flag, the expected value and the actual one
 */
export async function parseCommandLine(args: readonly string[]): Promise<Command | "help"> {
  const end = args.indexOf("--");
  const values = parseFlags(end < 0 ? args : args.slice(0, end));
  if (values.has("help")) return "help";
  const [name, ...others] = end < 0 ? [] : args.slice(end + 1);
  if (name === undefined && (end >= 0 || values.has("exec"))) {
    throw new UsageError("Expected a program after --, such as -- npx sequelize-cli db:migrate.");
  }
  const printsToken = values.has("print-token");
  if (values.has("yes") && !printsToken) throw new UsageError("--yes belongs to --print-token.");
  if (printsToken && name !== undefined) {
    throw new UsageError("--print-token runs no program: leave it out, or what follows --.");
  }
  const engine = engineOf(values.get("engine") ?? "postgres");
  const listen = listenFlags(values, engine);
  const needsPassword = !values.has("no-password");
  if (!needsPassword && !isLoopback(listen.host)) {
    throw new UsageError(
      `--no-password: other machines reach ${listen.host}. Leave it out, or listen on 127.0.0.1.`,
    );
  }
  return {
    engine,
    options: await coreOptions(values),
    listen,
    needsPassword,
    program: name === undefined ? undefined : [name, ...others],
    printToken: printsToken && values.has("yes") ? "on terminals" : printsToken,
  };
}

const loopback = new BlockList();
// Mapped to IPv6 as well, and in each notation of it.
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/** Whether only this machine reaches the address. */
export function isLoopback(address: string): boolean {
  return loopback.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function parseFlags(args: readonly string[]): Map<FlagName, string> {
  const options = Object.fromEntries(
    flagList.map(([name, { value }]) => [
      name,
      { type: value === undefined ? "boolean" : "string" } as const,
    ]),
  );
  const { values, positionals } = parse(args, options);
  // The message omits the value: it may be a connection string with a password.
  if (positionals.length > 0) {
    throw new UsageError("Every value needs a flag, such as --host NAME, and a program follows --.");
  }
  const given = new Map<FlagName, string>();
  for (const [name, value] of Object.entries(values)) if (isFlagName(name)) given.set(name, String(value));
  return given;
}

function parse(
  args: readonly string[],
  options: Readonly<Record<string, { type: "boolean" | "string" }>>,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw usageErrorOf(error);
  }
}

async function coreOptions(values: ReadonlyMap<FlagName, string>): Promise<RdsProxyOptions> {
  const texts = flagList.flatMap(([name, { option }]) => {
    const value = values.get(name);
    return option === undefined || value === undefined ? [] : [[option, value] as const];
  });
  const secretId = values.get("secret");
  const caFile = values.get("ca-file");
  if (caFile !== undefined && values.has("instance")) {
    throw new UsageError("--instance: it trusts the roots of RDS. With --ca-file, put these into the file.");
  }
  const ssl =
    caFile === undefined
      ? values.has("instance")
        ? ("Amazon RDS" as const)
        : undefined
      : { ca: await readCaFile(caFile) };
  return {
    ...Object.fromEntries(texts),
    port: numberOf(values, "endpoint-port", PORTS),
    signingPort: numberOf(values, "signing-port", PORTS),
    connectTimeoutMs: ATTEMPT_TIMEOUT_MS,
    acquireTimeoutMs: numberOf(values, "timeout", { from: 1, to: 2 ** 31 - 1 }),
    secret: secretId === undefined ? undefined : { secretId },
    ssl,
  };
}

function listenFlags(values: ReadonlyMap<FlagName, string>, engine: Engine): ListenFlags {
  const host = values.get("listen") ?? "127.0.0.1";
  if (isIP(host) === 0) {
    throw new UsageError(`--listen: expected an IP address of this machine, got ${JSON.stringify(host)}.`);
  }
  const socket = values.get("socket");
  if (socket !== undefined && values.has("listen")) {
    throw new UsageError("--socket: a Unix socket has no address. Leave out --listen.");
  }
  if (socket === "") throw new UsageError("--socket: expected a path, got none.");
  if (socket !== undefined && engine === "mysql" && values.has("port")) {
    throw new UsageError("--port: MySQL's Unix sockets have no port. Leave it out.");
  }
  return {
    host,
    port: numberOf(values, "port", { from: 0, to: 65_535 }),
    // Programs run in other folders, and take a relative path for a host's name.
    socket: socket === undefined ? undefined : resolve(socket),
  };
}

function engineOf(text: string): Engine {
  if (text === "postgres" || text === "mysql") return text;
  if (text === "mariadb") return "mysql";
  throw new UsageError(
    `--engine: expected postgres, or mysql for MySQL and MariaDB, got ${JSON.stringify(text)}.`,
  );
}

const PORTS = { from: 1, to: 65_535 } as const;

function numberOf(
  values: ReadonlyMap<FlagName, string>,
  name: FlagName,
  { from, to }: { readonly from: number; readonly to: number },
): number | undefined {
  const text = values.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= from && value <= to) return value;
  throw new UsageError(
    `--${name}: expected a whole number from ${from} to ${to}, got ${JSON.stringify(text)}.`,
  );
}

async function readCaFile(file: string): Promise<string> {
  const wrong = (reason: string): UsageError =>
    new UsageError(
      `--ca-file: expected a file with PEM certificates, got ${JSON.stringify(file)}: ${reason}.`,
    );
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw wrong(REASONS[String(error.code)] ?? error.message);
  });
  if (!text.includes("-----BEGIN CERTIFICATE-----")) throw wrong("it has none");
  return text;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EISDIR: "it is a folder",
  EACCES: "this user may not read it",
};
