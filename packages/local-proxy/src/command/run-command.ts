import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { startPrivateMysql } from "../databases/private-mysql.js";
import { startPrivatePostgres } from "../databases/private-postgres.js";
import type { LocalProxy } from "../local-proxy.js";
import type { LocalProxyOptions, Upstream } from "../options/options.js";
import { resolveOptions } from "../options/resolve-options.js";
import { describePin } from "../pinning/pin.js";
import { startLocalProxy } from "../start-local-proxy.js";
import { type StatusServer, startStatusServer } from "../status/status-server.js";
import { type Command, parseCommandLine } from "./command-line.js";
import { helpText } from "./flags.js";
import { readableLine } from "./log-line.js";
import { UsageError } from "./usage-error.js";

const notYetStarted: Upstream = { host: "127.0.0.1", port: 1, user: "none" };

/** The process that the command runs in. */
export interface Terminal {
  /** Writes to standard output: what users paste or pipe. */
  write(text: string): void;
  /** Writes to standard error: messages and the log. */
  tell(text: string): void;
  /** Aborts when the process receives a signal to end. */
  readonly stop: AbortSignal;
}

/** A proxy and everything that was started with it. */
interface Running {
  readonly proxy: LocalProxy;
  readonly status: StatusServer | undefined;
  close(): Promise<void>;
}

/**
 * Runs `rds-proxy-local` until it ends.
 *
 * @returns the exit code: 0 or the program's code; 1 if a session was pinned under `--fail-on-pin`, or something could not
 *   start; 2 for a wrong command line
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const command = await parseCommandLine(args);
    if (command === "help") {
      terminal.write(helpText);
      return 0;
    }
    return await runProxy(command, terminal);
  } catch (error) {
    terminal.tell(`rds-proxy-local: ${error instanceof Error ? error.message : String(error)}\n`);
    if (!isUsage(error)) return 1;
    terminal.tell("All flags: rds-proxy-local --help\n");
    return 2;
  }
}

async function runProxy(command: Command, terminal: Terminal): Promise<number> {
  const running = await start(command, terminal);
  try {
    for (const { fault, times } of command.faults) running.proxy.faults.failConnects(fault, { times });
    const code = command.program
      ? await runProgram(command.program, running.proxy.environment, terminal.stop)
      : await serve(running, terminal);
    return command.failOnPin && !tellPins(running.proxy, terminal) ? code || 1 : code;
  } finally {
    await running.close();
  }
}

async function start(command: Command, { tell }: Terminal): Promise<Running> {
  const { engine, options, isQuiet } = command;
  // Validates the options before it starts a server.
  resolveOptions({ ...options, engine, upstream: command.upstream ?? notYetStarted });
  // In order of start; closed in reverse order.
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    const upstream = command.upstream ?? (await startServer(engine, closers, tell));
    const proxy = await explainPort(
      "port",
      startLocalProxy({
        ...options,
        engine,
        upstream,
        log: (line) => {
          if (!isQuiet) tell(`${readableLine(line, new Date())}\n`);
        },
      }),
    );
    closers.push(() => proxy.close());
    const { httpPort } = command;
    const status =
      httpPort === undefined ? undefined : await explainPort("http", startStatusServer(proxy, httpPort));
    if (status) closers.push(() => status.close());
    return { proxy, status, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startServer(
  engine: LocalProxyOptions["engine"],
  closers: (() => Promise<void>)[],
  tell: Terminal["tell"],
): Promise<Upstream> {
  tell(`Starting a private ${engine === "postgres" ? "PostgreSQL" : "MySQL or MariaDB"} ...\n`);
  const { stop, ...upstream } = await (engine === "postgres"
    ? startPrivatePostgres()
    : startPrivateMysql()
  ).catch((error: Error) => {
    throw new Error(
      `${error.message}\nTo use a running server: --upstream ${engine}://user:password@host:port/database`,
    );
  });
  closers.push(stop);
  return upstream;
}

/** Prints the environment for clients, and waits for the signal to end. */
async function serve({ proxy, status }: Running, { write, tell, stop }: Terminal): Promise<number> {
  tell(`\nA local RDS Proxy listens at ${proxy.url}\n`);
  if (status) tell(`Status page: ${status.url}\n`);
  tell("Paste this where your function runs:\n\n");
  for (const [name, value] of Object.entries(proxy.environment)) write(`export ${name}=${quoted(value)}\n`);
  tell("\nPress Ctrl-C to stop.\n\n");
  if (!stop.aborted) await once(stop, "abort");
  return 0;
}

/** Runs a program with the environment; forwards the signal to end. */
async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
  stop: AbortSignal,
): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...environment } });
  const end = (): void => {
    child.kill();
  };
  stop.addEventListener("abort", end);
  if (stop.aborted) end();
  try {
    return await exitCodeOf(child);
  } finally {
    stop.removeEventListener("abort", end);
  }
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(new UsageError(`--exec: could not run ${child.spawnfile}: ${error.code ?? error.message}.`));
    });
    // Shells use 128 plus the signal's number.
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** Lists the pinned sessions; returns whether there were none. */
function tellPins(proxy: LocalProxy, { tell }: Terminal): boolean {
  const pins = proxy.pins();
  if (pins.length === 0) return true;
  tell(pins.length === 1 ? "\n1 session was pinned:\n" : `\n${pins.length} sessions were pinned:\n`);
  for (const pin of pins) tell(`  client ${pin.connection}: ${describePin(pin)}\n`);
  return false;
}

async function explainPort<T>(flag: "port" | "http", starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    const { code, port }: { code?: unknown; port?: unknown } = Object(error);
    if (code === "EADDRINUSE") {
      throw new UsageError(`--${flag}: port ${port} is in use. Choose another port, or 0 for any free port.`);
    }
    if (code === "EACCES") {
      throw new UsageError(`--${flag}: no permission to listen on port ${port}. Choose a port from 1024.`);
    }
    throw error;
  }
}

/** A `TypeError` of `startLocalProxy` is about an option from the command line or the configuration file. */
function isUsage(error: unknown): boolean {
  return error instanceof UsageError || error instanceof TypeError;
}

/** Quotes a value for a shell, where it needs that. */
function quoted(value: string): string {
  return /^[\w.,:/@+=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
