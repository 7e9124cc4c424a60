import { emitEvent, isObserved } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";

/** Publishes the event `acquire` for the result of `acquire`, a connection or an error, if there is a listener when it begins. */
export function reportAcquire<Acquired>(
  options: ResolvedRdsProxyOptions,
  acquire: () => Promise<Acquired>,
): Promise<Acquired> {
  return isObserved("acquire") ? reported(options, acquire) : acquire();
}

async function reported<Acquired>(
  { endpoint, runtime: { clock } }: ResolvedRdsProxyOptions,
  acquire: () => Promise<Acquired>,
): Promise<Acquired> {
  const askedAt = clock.steadyMs();
  const report = (error?: unknown): void =>
    emitEvent("acquire", endpoint, () => ({ durationMs: clock.steadyMs() - askedAt, error }));
  try {
    const acquired = await acquire();
    report();
    return acquired;
  } catch (error) {
    report(error);
    throw error;
  }
}
