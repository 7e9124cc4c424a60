import { emitEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";

/** Publishes how an invocation's wait for a connection ended: with one, or with an error, which is passed on. */
export async function reportAcquire<Acquired>(
  { endpoint, runtime: { clock } }: ResolvedRdsProxyOptions,
  acquire: () => Promise<Acquired>,
): Promise<Acquired> {
  const askedAt = clock.steadyMs();
  const tell = (error?: unknown): void =>
    emitEvent("acquire", endpoint, () => ({ durationMs: clock.steadyMs() - askedAt, error }));
  try {
    const acquired = await acquire();
    tell();
    return acquired;
  } catch (error) {
    tell(error);
    throw error;
  }
}
