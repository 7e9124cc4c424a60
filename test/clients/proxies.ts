import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { afterAll, beforeAll, inject } from "vitest";
import { signToken } from "../../packages/local-proxy/src/testing/sign-token.js";
import { connectTo } from "../support/connect-to.js";

/** A multiplexing proxy in front of the run's server, for all tests of a file. */
export function proxyForFile(
  engine: LocalProxyOptions["engine"],
  options: Partial<LocalProxyOptions> = {},
): () => LocalProxy {
  let proxy: LocalProxy | undefined;
  const get = (): LocalProxy => {
    if (proxy === undefined) throw new Error("the proxy has not started");
    return proxy;
  };
  beforeAll(async () => {
    const upstream = inject(engine === "postgres" ? "postgres" : "mysql");
    proxy = await startLocalProxy({ engine, upstream, ...options });
  });
  afterAll(() => proxy?.close());
  return get;
}

/** How a client connects, with a token as its password. */
export async function loginTo(proxy: LocalProxy): Promise<{
  host: string;
  port: number;
  user: string;
  database: string;
  password: string;
}> {
  const { host, port, user, database } = connectTo(proxy);
  return { host, port, user, database, password: await signToken(proxy) };
}

/** The environment variables of libpq's programs. */
export async function libpqEnvironment(proxy: LocalProxy): Promise<Record<string, string>> {
  const { host, port, user, database, password } = await loginTo(proxy);
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    PGPASSWORD: password,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: proxy.caFile,
  };
}
