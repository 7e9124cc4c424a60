import { findRdsProxyError, onRdsProxyEvent, type RdsProxyError } from "@rds-proxy/core";
import {
  describeEndpoint,
  Login,
  type ResolvedRdsProxyOptions,
  resolveOptions,
} from "@rds-proxy/core/adapter";
import { type Runtime, systemRuntime } from "@rds-proxy/core/internal";
import { Listener } from "../listener/listener.js";
import { serverErrorIn } from "../upstream/server-error.js";
import { type ClientAddress, clientEnvironment } from "./client-environment.js";
import { type Command, isLoopback, parseCommandLine } from "./command-line.js";
import { createProtocol } from "./create-protocol.js";
import { helpText, namingFlags } from "./flags.js";
import { instructions } from "./instructions.js";
import { listen } from "./listen.js";
import { createPassword } from "./password.js";
import { exitCodeFor, runProgram } from "./run-program.js";
import type { Terminal } from "./terminal.js";
import { UsageError } from "./usage-error.js";

/** The exit code if the endpoint cannot be used, or the command line is wrong. */
const FAILED = 2;

/** Signals that end a listener that stays. */
const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"];

/** SQLSTATE and number of a database that does not exist: a migration may be about to create it. */
const NO_DATABASE = ["3D000", "1049"];

/**
 * Runs `rds-proxy-connect` until it ends.
 *
 * @returns the exit code
 */
export async function runCommand(
  args: readonly string[],
  terminal: Terminal,
  runtime: Runtime = systemRuntime,
): Promise<number> {
  const { write, tell } = terminal;
  try {
    const command = await parseCommandLine(args);
    if (command === "help") {
      write(helpText);
      return 0;
    }
    const options = resolveOptions(command.options, command.engine, runtime);
    if (command.printToken) {
      await printToken(command, options, terminal);
      return 0;
    }
    return await connect(command, options, terminal);
  } catch (error) {
    const own = error instanceof UsageError ? error : findRdsProxyError(error);
    if (!own) throw error;
    tell(`rds-proxy-connect: ${own instanceof UsageError ? own.message : namingFlags(own.message)}\n`);
    tell(error instanceof UsageError ? "All flags: rds-proxy-connect --help\n" : hintFor(own));
    return FAILED;
  }
}

/** The doctor looks at each step of a connect. An error of an option needs no doctor. */
function hintFor(error: { readonly code?: RdsProxyError["code"] } | Error): string {
  const isAboutOptions = "code" in error && error.code === "RDS_PROXY_INVALID_OPTION";
  return isAboutOptions
    ? "All flags: rds-proxy-connect --help\n"
    : "To check each step: npx @rds-proxy/doctor\n";
}

async function printToken(
  { printToken: where }: Command,
  options: ResolvedRdsProxyOptions,
  { write, showsOutput }: Terminal,
): Promise<void> {
  if (options.secret) throw new UsageError("--print-token: with --secret there is no token.");
  if (showsOutput && where !== "on terminals") {
    throw new UsageError(
      "--print-token: standard output is a terminal, where others may see the token. Add --yes, or use it in $(…).",
    );
  }
  write(`${await new Login(options).password()}\n`);
}

async function connect(
  command: Command,
  options: ResolvedRdsProxyOptions,
  terminal: Terminal,
): Promise<number> {
  const { tell, signals } = terminal;
  const password = command.needsPassword ? createPassword(options.runtime.env) : undefined;
  const protocol = await createProtocol(options, password);
  const listener = new Listener(protocol, (line) => tell(`rds-proxy-connect: ${line}\n`));
  // Until it serves clients, a signal ends it as it ends other programs.
  const early = Promise.withResolvers<NodeJS.Signals>();
  const stop = signals.listen((signal) => void (ENDING.includes(signal) && early.resolve(signal)));
  try {
    const bound = await listen(listener, command.listen, command.engine);
    const checked = await Promise.race([early.promise, check(protocol.check(), options, tell)]);
    if (typeof checked === "string") return exitCodeFor(checked);
    const { user, database } = options.endpoint;
    const address: ClientAddress = { engine: command.engine, ...bound, user, password, database };
    if (command.program) {
      return await runProgram(command.program, clientEnvironment(address, options.runtime.env), terminal);
    }
    return await stay(address, checked.server, command, options, terminal);
  } finally {
    stop();
    await listener.close();
  }
}

/** Logs in once, so that what is wrong is said before a program meets it. */
async function check(
  checking: Promise<string>,
  { endpoint, acquireTimeoutMs }: ResolvedRdsProxyOptions,
  tell: Terminal["tell"],
): Promise<{ server: string }> {
  const seconds = acquireTimeoutMs / 1000;
  const stop = onRdsProxyEvent("retry", ({ error }) => {
    stop();
    const reason = error instanceof Error ? error.message : String(error);
    tell(`rds-proxy-connect: not connected yet (${reason}). It is tried again, for ${seconds} s in all.\n`);
  });
  try {
    return { server: await checking };
  } catch (error) {
    const refusal = serverErrorIn(error);
    if (!refusal || !NO_DATABASE.includes(refusal.code)) throw error;
    tell(`rds-proxy-connect: the login works, but there is no database ${endpoint.database} yet.\n`);
    return { server: endpoint.engine === "postgres" ? "PostgreSQL" : "MySQL or MariaDB" };
  } finally {
    stop();
  }
}

async function stay(
  address: ClientAddress,
  server: string,
  { listen: { host } }: Command,
  { endpoint }: ResolvedRdsProxyOptions,
  { write, tell, signals }: Terminal,
): Promise<number> {
  if (address.host !== undefined && !isLoopback(host)) {
    tell(`rds-proxy-connect: other machines reach ${host}, and what they send to it is not encrypted.\n`);
  }
  const ended = Promise.withResolvers<void>();
  const stop = signals.listen((signal) => {
    if (ENDING.includes(signal)) ended.resolve();
  });
  write(instructions(address, `${describeEndpoint(endpoint)} (${server})`));
  tell("Press Ctrl-C to stop.\n");
  await ended.promise;
  stop();
  return 0;
}
