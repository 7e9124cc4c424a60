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

/** What the command needs of the process that it runs in. */
export interface Terminal {
  /** What is to be pasted or piped. */
  write(text: string): void;
  /** What is only to be read. */
  tell(text: string): void;
  /** Aborts when the process is asked to end. */
  readonly stop: AbortSignal;
}

/** A proxy and all that was started with it. */
interface Running {
  readonly proxy: LocalProxy;
  readonly status: StatusServer | undefined;
  close(): Promise<void>;
}

/**
 * Runs `rds-proxy-local` to its end.
 *
 * @returns the exit code: 0, or the program's own; 1 where a session was pinned and must not be, or something could not be
 *   started; 2 for a command that was not understood
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
  // Before a server is started for nothing.
  resolveOptions({ ...options, engine, upstream: command.upstream ?? notYetStarted });
  // Last in, first out.
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
      `${error.message}\nWith a running server: --upstream ${engine}://user:password@host:port/database`,
    );
  });
  closers.push(stop);
  return upstream;
}

/** Prints what a client needs, and waits to be stopped. */
async function serve({ proxy, status }: Running, { write, tell, stop }: Terminal): Promise<number> {
  tell(`\nA local RDS Proxy listens at ${proxy.url}\n`);
  if (status) tell(`What it does is shown at ${status.url}\n`);
  tell("Paste this where your function runs:\n\n");
  for (const [name, value] of Object.entries(proxy.environment)) write(`export ${name}=${quoted(value)}\n`);
  tell("\nCtrl-C ends it.\n\n");
  if (!stop.aborted) await once(stop, "abort");
  return 0;
}

/** Runs a program with the environment; passes the request to end on to it. */
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
      reject(new UsageError(`--exec: ${child.spawnfile} could not be run: ${error.code ?? error.message}.`));
    });
    // As shells have it for a program that a signal has ended.
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** Whether nothing was pinned. */
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
      throw new UsageError(`--${flag}: port ${port} is in use. Choose another one, or 0 for any free one.`);
    }
    if (code === "EACCES") {
      throw new UsageError(`--${flag}: port ${port} is not allowed to you. Choose one from 1024 on.`);
    }
    throw error;
  }
}

/** Options that `startLocalProxy` refuses came from the command line or its file, too. */
function isUsage(error: unknown): boolean {
  return error instanceof UsageError || error instanceof TypeError;
}

/** For a shell; names and numbers stay as they are. */
function quoted(value: string): string {
  return /^[\w.,:/@+=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
