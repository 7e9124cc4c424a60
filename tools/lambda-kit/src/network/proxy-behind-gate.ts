import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { SharedClock } from "../clock/shared-clock.js";
import { Gate } from "./gate.js";

/** A local proxy that clients reach through a gate, on a clock that can be put forward for all of them. */
export interface ProxyBehindGate {
  readonly proxy: LocalProxy;
  readonly gate: Gate;
  readonly clock: SharedClock;
  /** What a client's process needs. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startProxyBehindGate(options: LocalProxyOptions): Promise<ProxyBehindGate> {
  const gate = await Gate.open();
  const clock = new SharedClock();
  const endpoint = `localhost:${gate.port}`;
  const proxy = await startLocalProxy({
    endpointNames: [endpoint],
    now: () => clock.now(),
    // What happens to a client's connection is to happen to its database session, and slots are to be missed at logins.
    multiplexing: false,
    ...options,
  });
  gate.leadTo(proxy.port);
  return {
    proxy,
    gate,
    clock,
    environment: { ...proxy.environment, ...clock.environment, RDS_PROXY_ENDPOINT: endpoint },
    async close() {
      await Promise.all([gate.close(), proxy.close()]);
      clock.remove();
    },
  };
}
