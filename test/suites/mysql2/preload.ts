import { createPool, type Mysql2PoolOptions } from "@rds-proxy/adapter-mysql2";
import type { Pool } from "mysql2";

/** Replaces mysql2's `createPool` with ours for the suite. */

type Given = Readonly<Record<string, unknown>>;
type CreatePool = (config: unknown) => Pool;

let isOurs = false;

Reflect.set(
  globalThis,
  Symbol.for("rds-proxy.suites.createPool"),
  (config: unknown, createOriginal: CreatePool): unknown => {
    // Our pool is built on it.
    if (isOurs) return createOriginal(config);
    isOurs = true;
    try {
      return createPool(translate(withoutUndefined(config))).pool;
    } finally {
      isOurs = false;
    }
  },
);

/** The same options under the names that the README gives. Refused options stay, and fail with their remedy. */
function translate(given: Given): Mysql2PoolOptions {
  const {
    host: _host,
    port,
    user: _user,
    password: _password,
    connectionLimit,
    connectTimeout,
    waitForConnections,
    compress,
    ...others
  } = given;
  return {
    ...others,
    // The suite's server, which the local proxy is in front of. Any other server is a test's own.
    ...(port === undefined || port === Number(process.env["MYSQL_PORT"])
      ? {}
      : { host: "localhost", port: Number(port) }),
    maxConnections: Number(connectionLimit ?? 10),
    ...(connectTimeout === undefined ? {} : { connectTimeoutMs: Number(connectTimeout) }),
    // The default is no option.
    ...(waitForConnections === false ? { waitForConnections } : {}),
    ...(compress === true ? { compress } : {}),
  };
}

function withoutUndefined(config: unknown): Given {
  const given = typeof config === "string" ? { uri: config } : Object(config);
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
