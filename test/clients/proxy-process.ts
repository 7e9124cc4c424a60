import { type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";

/** The process's message once its proxy listens. */
export interface Ready {
  readonly port: number;
  readonly caFile: string;
  readonly environment: Readonly<Record<string, string>>;
}

// A proxy in a process of its own, so that its memory can be measured. It answers any message with its resident bytes.
const options: LocalProxyOptions = JSON.parse(process.argv[2] ?? "");
const proxy = await startLocalProxy(options);
process.on("message", () => {
  globalThis.gc?.();
  process.send?.({ residentBytes: process.memoryUsage.rss(), metrics: proxy.metrics() });
});
process.once("disconnect", () => proxy.close());
const ready: Ready = { port: proxy.port, caFile: proxy.caFile, environment: proxy.environment };
process.send?.(ready);
