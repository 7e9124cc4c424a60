import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { startPrivateMysql } from "../databases/private-mysql.js";
import { startPrivatePostgres } from "../databases/private-postgres.js";
import type { LocalProxy } from "../local-proxy.js";
import { isLoopback } from "../options/endpoint-names.js";
import type { LocalProxyOptions, Upstream } from "../options/options.js";
import { resolveOptions } from "../options/resolve-options.js";
import { describePin } from "../pinning/pin.js";
import { startLocalProxy } from "../start-local-proxy.js";
import { type StatusServer, startStatusServer } from "../status/status-server.js";
import { type Command, parseCommandLine, type ShortCommand } from "./command-line.js";
import { formats } from "./environment-format.js";
import { helpText } from "./flags.js";
import { readableLine } from "./log-line.js";
import { type MergedEnvironment, mergeEnvironment } from "./own-environment.js";
import { printedToken } from "./print-token.js";
import { runProgram } from "./run-program.js";
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
  /** Its environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A proxy and everything that was started with it. */
interface Running {
  readonly proxy: LocalProxy;
  readonly status: StatusServer | undefined;
  /** For a program on this machine. */
  readonly environment: MergedEnvironment;
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
    if ("kind" in command) {
      terminal.write(await shortAnswer(command, terminal));
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

async function shortAnswer(command: ShortCommand, { env }: Terminal): Promise<string> {
  if (command.kind === "help") return helpText;
  if (command.kind === "token") return `${await printedToken(env, command.environmentFile)}\n`;
  // Beside src and dist.
  const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  return `${version}\n`;
}

async function runProxy(command: Command, terminal: Terminal): Promise<number> {
  const running = await start(command, terminal);
  try {
    for (const { fault, times } of command.faults) running.proxy.faults.failConnects(fault, { times });
    const code = command.program
      ? await exec(command.program, running, terminal)
      : await serve(running, command, terminal);
    return command.failOnPin && !tellPins(running.proxy, terminal) ? code || 1 : code;
  } finally {
    await running.close();
  }
}

async function start(command: Command, { tell, env }: Terminal): Promise<Running> {
  const { engine, isQuiet, output = "bash" } = command;
  const { region = env["AWS_REGION"], endpointNames = [] } = command.options;
  const options: Partial<LocalProxyOptions> = {
    unreachableDatabase: "refuse",
    ...command.options,
    ...(region ? { region } : {}),
    // The name that Docker gives to the machine.
    endpointNames: formats[output].caPath ? [...endpointNames, dockerHost] : endpointNames,
  };
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
    if (command.upstream) await tellDatabase(proxy, upstream, tell);
    const environment = await mergeEnvironment(proxy.environment, env, proxy.ca);
    closers.push(async () => environment.caFile?.remove());
    // Ahead of the status page: the image is healthy, and its files there, when the page answers.
    await writeFiles(command, proxy, closers);
    const { httpPort } = command;
    const status =
      httpPort === undefined
        ? undefined
        : await explainPort(
            "http",
            startStatusServer(proxy, httpPort, { listen: options.listen, names: options.endpointNames }),
          );
    if (status) closers.push(() => status.close());
    return { proxy, status, environment, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const dockerHost = "host.docker.internal";

/** Says why the database cannot be used, before a client waits for it. */
async function tellDatabase(
  proxy: LocalProxy,
  { host, port }: Upstream,
  tell: Terminal["tell"],
): Promise<void> {
  const { failure } = await proxy.checkDatabase();
  if (failure === undefined) return;
  tell(
    `! The database at ${host}:${port} (--upstream) cannot be used: ${failure}\n` +
      "  Clients get this error until it can. Check the address, the user, the password and the database.\n",
  );
}

/** Writes the files that the command line names; they are removed at the end, since their keys are useless then. */
async function writeFiles(
  command: Command,
  proxy: LocalProxy,
  closers: (() => Promise<void>)[],
): Promise<void> {
  const { caFile, environmentFile, output = "dotenv" } = command;
  const write = async (file: string, content: string): Promise<void> => {
    // It contains a key, so only this user may read it.
    await writeFile(file, content, { mode: 0o600 });
    closers.push(() => rm(file, { force: true }));
  };
  if (caFile !== undefined) await write(caFile, proxy.ca);
  if (environmentFile !== undefined) {
    await write(environmentFile, formats[output].write(environmentForOthers(command, proxy)));
  }
}

/** The environment as it is printed and written: by the first name of the proxy, and with paths of a container. */
function environmentForOthers(
  { options, output = "bash", caFile }: Pick<Command, "options" | "output" | "caFile">,
  proxy: LocalProxy,
  certificates: string = caFile ?? proxy.caFile,
): Readonly<Record<string, string>> {
  const { caPath } = formats[output];
  const [name = caPath ? dockerHost : undefined] = options.endpointNames ?? [];
  const isNamed = name !== undefined && (caPath !== undefined || !isLoopback(options.listen ?? "127.0.0.1"));
  const endpoint = name?.includes(":") ? name : `${name}:${proxy.port}`;
  return {
    ...proxy.environment,
    ...(isNamed ? { RDS_PROXY_ENDPOINT: endpoint, RDS_PROXY_READER_ENDPOINT: endpoint } : {}),
    NODE_EXTRA_CA_CERTS: caPath?.(basename(certificates)) ?? certificates,
  };
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
async function serve(
  { proxy, status, environment }: Running,
  command: Command,
  { write, tell, stop }: Terminal,
): Promise<number> {
  const { output = "bash", caFile, environmentFile } = command;
  tell(`\nA local RDS Proxy listens at ${proxy.url}\n`);
  if (status) tell(`Status page: ${status.url}\n`);
  if (environmentFile !== undefined)
    tell(`The environment is in ${environmentFile}, until the proxy ends.\n`);
  if (formats[output].caPath) {
    tell(
      `The container needs ${caFile ?? proxy.caFile} as ${formats[output].caPath(basename(caFile ?? "ca.pem"))}.\n`,
    );
  } else {
    for (const note of environment.notes) tell(`${note}\n`);
    tell("Paste this where your function runs:\n");
  }
  tell("\n");
  const certificates = caFile ?? environment.environment["NODE_EXTRA_CA_CERTS"];
  write(formats[output].write(environmentForOthers(command, proxy, certificates)));
  tell("\nPress Ctrl-C to stop.\n\n");
  if (!stop.aborted) await once(stop, "abort");
  return 0;
}

async function exec(
  program: NonNullable<Command["program"]>,
  { environment: { environment, removed, notes } }: Running,
  { tell, stop, env }: Terminal,
): Promise<number> {
  for (const note of notes) tell(`${note}\n`);
  const kept = Object.entries(env).filter(([name]) => !removed.includes(name));
  return await runProgram(program, { ...Object.fromEntries(kept), ...environment }, stop);
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
