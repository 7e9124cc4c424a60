import { systemRuntime } from "@rds-proxy/core/internal";
import type { LocalProxy } from "@rds-proxy/local-proxy";
import { onTestFinished } from "vitest";
import { runCommand } from "../../packages/connect/src/command/run-command.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** A run of `rds-proxy-connect`. */
export interface ConnectRun {
  /** Settles with the exit code. */
  readonly exitCode: Promise<number>;
  /** What it wrote to standard output and to standard error so far. */
  readonly written: () => string;
  readonly told: () => string;
  signal(signal: NodeJS.Signals): void;
}

/** Runs the command in this process. */
export function runConnect(
  args: readonly string[],
  env: Environment,
  { showsOutput = false, hasTerminal = false } = {},
): ConnectRun {
  let written = "";
  let told = "";
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const exitCode = runCommand(
    args,
    {
      write: (text) => {
        written += text;
      },
      tell: (text) => {
        told += text;
      },
      signals: {
        listen(listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      showsOutput,
      hasTerminal,
    },
    { ...systemRuntime, env },
  );
  return {
    exitCode,
    written: () => written,
    told: () => told,
    signal(signal) {
      for (const listener of listeners) listener(signal);
    },
  };
}

/** A listener that stays until the test has finished, and how to connect to it. */
export interface StayingConnect extends ConnectRun {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** The flags that lead to a local proxy. */
export function flagsTo(proxy: LocalProxy): readonly string[] {
  const [engine = ""] = proxy.url.split(":");
  return ["--engine", engine, "--ca-file", proxy.caFile];
}

/** Starts the command in front of a proxy, and waits until it serves clients. */
export async function stayInFrontOf(
  proxy: LocalProxy,
  flags: readonly string[] = [],
  env: Environment = proxy.environment,
): Promise<StayingConnect> {
  return await stay([...flagsTo(proxy), ...flags], env);
}

/** The same with all flags. */
export async function stay(flags: readonly string[], env: Environment): Promise<StayingConnect> {
  const run = runConnect(flags, env);
  onTestFinished(async () => {
    run.signal("SIGTERM");
    await run.exitCode;
  });
  await untilSaid(run, () => run.told().includes("Press Ctrl-C to stop."));
  const value = (name: string): string =>
    new RegExp(`^ {2}${name} +(\\S+)`, "m").exec(run.written())?.[1] ?? "";
  return {
    ...run,
    host: value("host"),
    port: Number(value("port")),
    user: value("user"),
    password: value("password"),
    database: value("database"),
  };
}

async function untilSaid(run: ConnectRun, isSaid: () => boolean): Promise<void> {
  const ended = run.exitCode.then((code) => {
    throw new Error(`rds-proxy-connect ended with ${code}:\n${run.told()}`);
  });
  let isOver = false;
  const said = async (): Promise<void> => {
    while (!isSaid() && !isOver) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  try {
    await Promise.race([said(), ended]);
  } finally {
    isOver = true;
  }
}
