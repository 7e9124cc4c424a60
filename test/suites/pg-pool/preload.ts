import { createRequire } from "node:module";
import { createPool, type PgPoolOptions } from "@rds-proxy/adapter-pg";

/** Replaces `new Pool` with `createPool` for the suite; node-postgres itself has loaded pg-pool before. */

type Constructor = new (...args: readonly unknown[]) => object;

const load = createRequire(import.meta.url);
const Pool: Constructor = load("pg-pool");
const entry = load.cache[load.resolve("pg-pool")];
if (entry === undefined) throw new Error("pg-pool was not loaded");
entry.exports = new Proxy(Pool, {
  construct(_, [options, Client]: readonly unknown[]) {
    if (Client !== undefined) throw new Error("createPool takes no Client: it has one of its own");
    return createPool(translate({ ...Object(options) }));
  },
});

/** The same options under the names that the README gives. Refused options stay, and fail with their remedy. */
function translate({
  max,
  poolSize,
  connectionTimeoutMillis,
  ...others
}: Readonly<Record<string, unknown>>): PgPoolOptions {
  return {
    idleTimeoutMillis: 10_000,
    ...others,
    maxConnections: Number(max ?? poolSize ?? 10),
    ...(connectionTimeoutMillis ? { acquireTimeoutMs: Number(connectionTimeoutMillis) } : {}),
  };
}
