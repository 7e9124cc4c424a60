import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { SharedClock } from "../clock/shared-clock.js";
import { Gate } from "./gate.js";

/** A local proxy that clients reach through a gate, with a clock that proxy and clients share. */
export interface ProxyBehindGate {
  readonly proxy: LocalProxy;
  readonly gate: Gate;
  readonly clock: SharedClock;
  /** The environment variables of a client's process. */
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
    // Without multiplexing, a client's connection and its database session share one fate, and a login needs a free slot.
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
