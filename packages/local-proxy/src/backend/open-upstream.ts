import { setTimeout as delay } from "node:timers/promises";
import type { Upstream as Server } from "../options/options.js";
import { BorrowTimeout } from "./backend-pool.js";
import { Upstream } from "./upstream.js";

const redialDelayMs = 50;
const loginTimeoutMs = 10_000;

/**
 * Connects to the real server and lets `logIn` do the rest, within 10 s. A server that cannot be reached is tried again
 * for `timeoutMs`. Rejects with {@link BorrowTimeout}, with the signal's reason, or with the error of `logIn`; the
 * connection is closed then.
 */
export async function openUpstream<Session>(
  server: Pick<Server, "host" | "port">,
  timeoutMs: number,
  signal: AbortSignal,
  logIn: (upstream: Upstream) => Promise<Session>,
): Promise<{ readonly upstream: Upstream; readonly session: Session }> {
  const upstream = await dialPatiently(server, timeoutMs, signal);
  const tooLong = AbortSignal.timeout(loginTimeoutMs);
  const abandoned = AbortSignal.any([signal, tooLong]);
  const giveUp = (): void => void upstream.destroy();
  abandoned.addEventListener("abort", giveUp);
  try {
    abandoned.throwIfAborted();
    return { upstream, session: await logIn(upstream) };
  } catch (error) {
    await upstream.destroy();
    signal.throwIfAborted();
    if (tooLong.aborted) throw new BorrowTimeout("the database did not finish the login", { cause: error });
    throw error;
  } finally {
    abandoned.removeEventListener("abort", giveUp);
  }
}

// A server that restarts or fails over is waited for, as RDS Proxy queues its clients meanwhile.
async function dialPatiently(
  { host, port }: Pick<Server, "host" | "port">,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Upstream> {
  const startedAt = performance.now();
  while (true) {
    try {
      return await Upstream.dial(host, port, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() - startedAt + redialDelayMs > timeoutMs) {
        throw new BorrowTimeout("the database cannot be reached", { cause: error });
      }
    }
    await delay(redialDelayMs, undefined, { signal });
  }
}
