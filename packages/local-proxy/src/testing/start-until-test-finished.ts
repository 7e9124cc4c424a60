import { onTestFinished } from "vitest";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "../index.js";

export async function startUntilTestFinished(options: LocalProxyOptions): Promise<LocalProxy> {
  const proxy = await startLocalProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}
