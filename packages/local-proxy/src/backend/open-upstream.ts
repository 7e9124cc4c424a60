import { setTimeout as delay } from "node:timers/promises";
import type { Upstream as Server } from "../options/options.js";
import { BorrowTimeout } from "./backend-pool.js";
import { UpstreamConnection } from "./upstream-connection.js";

const redialDelayMs = 50;
const loginTimeoutMs = 10_000;

/**
 * Connects to the server and calls `logIn`, which has 10 s. Dials an unreachable server again until `timeoutMs` has
 * passed; `onUnreachable` receives each error and may throw another one, which ends that. Rejects with
 * {@link BorrowTimeout}, the signal's reason, or the error of `logIn`, and then closes the connection.
 */
export async function openUpstream<Login>(
  server: Pick<Server, "host" | "port">,
  timeoutMs: number,
  signal: AbortSignal,
  logIn: (upstream: UpstreamConnection) => Promise<Login>,
  onUnreachable: (error: unknown) => void = () => undefined,
): Promise<{ readonly upstream: UpstreamConnection; readonly login: Login }> {
  const upstream = await dialWithRetry(server, timeoutMs, signal, onUnreachable);
  const tooLong = AbortSignal.timeout(loginTimeoutMs);
  const abandoned = AbortSignal.any([signal, tooLong]);
  const giveUp = (): void => void upstream.destroy();
  abandoned.addEventListener("abort", giveUp);
  try {
    abandoned.throwIfAborted();
    return { upstream, login: await logIn(upstream) };
  } catch (error) {
    await upstream.destroy();
    signal.throwIfAborted();
    if (tooLong.aborted) throw new BorrowTimeout("the database did not finish the login", { cause: error });
    throw error;
  } finally {
    abandoned.removeEventListener("abort", giveUp);
  }
}

// RDS Proxy queues its clients while the database restarts or fails over.
async function dialWithRetry(
  { host, port }: Pick<Server, "host" | "port">,
  timeoutMs: number,
  signal: AbortSignal,
  onUnreachable: (error: unknown) => void,
): Promise<UpstreamConnection> {
  const startedAt = performance.now();
  while (true) {
    try {
      return await UpstreamConnection.dial(host, port, signal);
    } catch (error) {
      signal.throwIfAborted();
      onUnreachable(error);
      if (performance.now() - startedAt + redialDelayMs > timeoutMs) {
        throw new BorrowTimeout("the database cannot be reached", { cause: error });
      }
    }
    await delay(redialDelayMs, undefined, { signal });
  }
}
