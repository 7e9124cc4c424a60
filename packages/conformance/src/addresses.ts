import dns, { type LookupAddress, type LookupOptions } from "node:dns";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { LocalProxy } from "@rds-proxy/local-proxy";
import { expect, onTestFinished } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment, createEnvironmentOn, type TestEnvironment } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";
import { startSilentListener } from "./silent-listener.js";

const NAME = "database.test";
const IPV4: LookupAddress = { address: "127.0.0.1", family: 4 };
/** Another address of this machine. */
const ELSEWHERE: LookupAddress = { address: "127.0.0.2", family: 4 };
const IPV6: LookupAddress = { address: "::1", family: 6 };

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

export function addresses<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);

  /** An environment that connects to the proxy by a name, and the way to point the name elsewhere. */
  function named(
    proxy: LocalProxy,
    found: readonly LookupAddress[],
  ): { environment: TestEnvironment<Db>; point(addresses: readonly LookupAddress[]): void } {
    const point = pointName(found);
    const environment = createEnvironmentOn(harness, proxy, {
      host: NAME,
      signingHost: "localhost",
      signingPort: proxy.port,
      ssl: { ca: proxy.ca, servername: "localhost" },
    });
    return { environment, point };
  }

  async function startProxy(): Promise<LocalProxy> {
    const { proxy } = await createEnvironment(harness);
    return proxy;
  }

  test.each([
    ["first", [IPV6, IPV4]],
    ["last", [IPV4, IPV6]],
  ])("a name whose other family refuses connects, listed %s, is reached in one attempt", async (_, found) => {
    const proxy = await startProxy();
    const { environment } = named(proxy, found);
    expect(await environment.invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test.each([
    ["first", [IPV6, IPV4]],
    ["last", [IPV4, IPV6]],
  ])("a name whose other family never answers, listed %s, is reached in one attempt", async (_, found) => {
    const proxy = await startProxy();
    await startSilentListener(IPV6.address, proxy.port);
    const { environment } = named(proxy, found);
    expect(await environment.invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("a name that was pointed elsewhere leads the next connect there", async () => {
    const proxy = await startProxy();
    const { environment, point } = named(proxy, [IPV4]);
    await environment.invoke(({ query }) => query("select 1"));
    const forwarded = await startForwarder(ELSEWHERE.address, proxy.port);
    point([ELSEWHERE]);
    proxy.faults.killConnections("fin");
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    expect(await environment.invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(forwarded()).toBe(1);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  });
}

/**
 * Gives {@link NAME} these addresses in this process, by the function with which sockets resolve names.
 *
 * @returns a function that gives it others
 */
function pointName(addresses: readonly LookupAddress[]): (addresses: readonly LookupAddress[]) => void {
  const own = dns.lookup;
  let current = addresses;
  const lookup = (host: string, options: LookupOptions, callback: LookupCallback): void => {
    if (host !== NAME) {
      own(host, options, callback);
      return;
    }
    const [first = IPV4] = current;
    if (options.all) process.nextTick(callback, null, [...current]);
    else process.nextTick(callback, null, first.address, first.family);
  };
  const replace = (value: unknown): void => {
    Object.defineProperty(dns, "lookup", { value, configurable: true, writable: true });
  };
  replace(lookup);
  onTestFinished(() => replace(own));
  return (next) => {
    current = next;
  };
}

/**
 * Leads from another address to the same port of 127.0.0.1.
 *
 * @returns the number of connections so far
 */
async function startForwarder(host: string, port: number): Promise<() => number> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    count++;
    const target = connect(port, IPV4.address);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
    client.pipe(target).pipe(client);
  });
  server.listen(port, host);
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return () => count;
}
