import { deadlineIn, type ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import { connectWithRetry } from "@rds-proxy/core/internal";
import { type Client, ClientLeft } from "../client/client.js";
import type { Upstream } from "./upstream.js";

/**
 * Connects within `acquireTimeoutMs`; retries as core does. Stops when the client leaves.
 *
 * @param create called for each attempt
 * @param work what an attempt does with its connection, within the attempt's deadline
 */
export async function connectUpstream<T>(
  options: ResolvedRdsProxyOptions,
  client: Client | undefined,
  create: () => Upstream,
  work: (upstream: Upstream) => Promise<T>,
): Promise<T> {
  const deadline = deadlineIn(options.acquireTimeoutMs, options.runtime.clock);
  const { connection } = await connectWithRetry(options, deadline, async (attempt) => {
    const upstream = create();
    const stop = client?.whenGone(() => upstream.destroy(new ClientLeft()));
    try {
      // An error that core does not retry.
      if (client?.isGone) throw new ClientLeft();
      return await upstream.login.within(work(upstream), attempt.deadline, upstream.stream);
    } catch (error) {
      upstream.destroy();
      throw error;
    } finally {
      stop?.();
    }
  });
  return connection;
}
