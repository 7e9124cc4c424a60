import { emitEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";

/** Publishes the event `acquire` for the result of `acquire`, a connection or an error. */
export async function reportAcquire<Acquired>(
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
