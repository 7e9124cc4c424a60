import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { quantile } from "../results/statistics.js";
import type { Load, LoadResult } from "./messages.js";

/** What a number of environments came to. */
export interface LoadSummary {
  readonly environments: number;
  readonly perSecond: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** Invocations that failed at any time, the ramp included, by message. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Processes that share the environments: as many as leave something of the machine to the proxy and the server. */
const workers = 2;

export async function runLoad(
  files: { readonly workerFile: string; readonly environmentFile: string },
  variables: Readonly<Record<string, string>>,
  load: Load,
): Promise<LoadSummary> {
  const shares = Array.from({ length: Math.min(workers, load.environments) }, (_, index) =>
    Math.floor((load.environments + index) / Math.min(workers, load.environments)),
  );
  const children = shares.map(() =>
    fork(files.workerFile, [files.environmentFile], {
      env: { ...variables },
      execArgv: [],
      serialization: "advanced",
    }),
  );
  try {
    await Promise.all(children.map((child) => nextMessage(child)));
    const results = await Promise.all(
      children.map(async (child, index) => {
        const result = nextMessage<LoadResult>(child);
        child.send({ ...load, environments: shares[index] });
        return await result;
      }),
    );
    return summarise(load, results);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(
      children.map((child) => child.exitCode !== null || child.signalCode !== null || once(child, "exit")),
    );
  }
}

async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`a worker ended with ${code}`);
  });
  const [message] = await Promise.race([once(child, "message"), ended]);
  return message;
}

function summarise({ environments, steadyMs }: Load, results: readonly LoadResult[]): LoadSummary {
  const durationsMs = results.flatMap((result) => result.durationsMs);
  const errors: Record<string, number> = {};
  for (const [message, count] of results.flatMap((result) => Object.entries(result.errors))) {
    errors[message] = (errors[message] ?? 0) + count;
  }
  const at = (share: number): number | undefined =>
    durationsMs.length === 0 ? undefined : quantile(durationsMs, share);
  return {
    environments,
    perSecond: durationsMs.length / (steadyMs / 1000),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    errors,
  };
}
