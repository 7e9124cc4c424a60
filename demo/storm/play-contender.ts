import { setTimeout as delay } from "node:timers/promises";
import { SharedClock } from "@rds-proxy/lambda-kit/clock";
import { bundleContender, Fleet, type Outcome, serverVariables } from "@rds-proxy/lambda-kit/fleet";
import type { Database } from "../databases/database.js";
import type { Engine } from "../engines.js";
import { shortestFreezeMs } from "../lambda-function.js";
import type { Running } from "../running.js";
import { type Contender, startStormProxy } from "./contenders.js";
import type { StormOptions } from "./storm-options.js";

/** Longer than RDS Proxy's default idle timeout of clients, 30 minutes. */
const frozenForMs = 40 * 60_000;

/** The function's timeout, and how often each environment is invoked. */
const timeoutMs = 10_000;
const pauseMs = 1000;
const sampleEveryMs = 100;

/** For how long each query keeps a connection of the database busy. */
const querySeconds = 0.02;

/** The number of the server's sessions at a moment of the storm. */
export interface Sample {
  readonly atMs: number;
  readonly connections: number;
}

/** The observations of a contender. */
export interface StormRecord {
  readonly outcomes: readonly Outcome[];
  readonly samples: readonly Sample[];
  /** When the environments were frozen, on the time axis of `samples`. */
  readonly frozenAtMs: number;
}

/** What a contender is measured with. */
export interface Stage {
  readonly engine: Engine;
  readonly database: Database;
  readonly options: StormOptions;
  readonly running: Running;
  /** How long the environments are invoked before they are frozen, and after it. */
  readonly surgesMs: readonly [before: number, after: number];
}

/**
 * Invokes all environments at once and for a while, freezes them until the proxy has closed their connections, and invokes all
 * at once again.
 *
 * @param onOutcome called after each invocation
 */
export async function playContender(
  contender: Contender,
  { engine, database, options, running, surgesMs: [beforeMs, afterMs] }: Stage,
  onOutcome: (outcome: Outcome) => void,
): Promise<StormRecord> {
  const clock = new SharedClock();
  const program = await running.start(bundleContender(engine.name, contender.file), (bundle) =>
    bundle.remove(),
  );
  const tenant = await database.createTenant();
  const proxy =
    contender.file === "direct"
      ? undefined
      : await running.start(startStormProxy(engine.name, tenant, clock, options), (started) =>
          started.close(),
        );
  const outcomes: Outcome[] = [];
  const starting = Fleet.start({
    program: program.file,
    environments: options.environments,
    querySeconds,
    variables: { ...(proxy?.environment ?? serverVariables(tenant.upstream)), ...clock.environment },
    onOutcomes: (ended) => {
      outcomes.push(...ended);
      ended.forEach(onOutcome);
    },
  });
  const fleet = await running.start(starting, (started) => started.stop());

  const sampler = startSampling(() => tenant.countSessions());
  const surge = (durationMs: number): Promise<void> =>
    fleet.invokeAll({ rampMs: 0, durationMs, pauseMs, timeoutMs });
  await surge(beforeMs);
  const frozenAtMs = sampler.elapsedMs();
  fleet.freeze();
  clock.advance(frozenForMs);
  await delay(shortestFreezeMs);
  fleet.thaw();
  await surge(afterMs);
  const samples = await sampler.stop();

  await fleet.stop();
  await proxy?.close();
  clock.remove();
  await tenant.untilAllSessionsEnded();
  return { outcomes, samples, frozenAtMs };
}

interface Sampler {
  elapsedMs(): number;
  stop(): Promise<readonly Sample[]>;
}

function startSampling(count: () => Promise<number>): Sampler {
  const startedAt = performance.now();
  const elapsedMs = (): number => performance.now() - startedAt;
  const samples: Sample[] = [];
  const stopped = new AbortController();
  const sampling = (async () => {
    while (!stopped.signal.aborted) {
      const connections = await count();
      samples.push({ atMs: elapsedMs(), connections });
      await delay(sampleEveryMs);
    }
  })();
  // stop() rethrows its error; until then it must not count as unhandled.
  sampling.catch(() => undefined);
  return {
    elapsedMs,
    async stop() {
      stopped.abort();
      await sampling;
      return samples;
    },
  };
}
