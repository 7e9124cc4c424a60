import { RdsProxyError } from "@rds-proxy/core";
import { resolveOptions } from "@rds-proxy/core/adapter";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { pgAdapter } from "../pg-adapter.js";
import { connectionOptions, createPool } from "../pool.js";
import { checkPgOptions, PG_OPTION_NAMES, PG_POOL_OPTION_NAMES, type PgOptions } from "./driver-options.js";

const ENDPOINT = {
  host: "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com",
  user: "app",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY" },
};
const INSTANCE = { ...ENDPOINT, host: "shop.abcdefghijkl.eu-west-1.rds.amazonaws.com" };
const ALL_NAMES = [...PG_OPTION_NAMES, ...PG_POOL_OPTION_NAMES];

/** Every option with a value that node-postgres takes. */
const VALID = {
  application_name: "orders",
  fallback_application_name: "orders",
  query_timeout: 5000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 0,
  types: pg.types,
  binary: true,
  client_encoding: "latin1",
  enableChannelBinding: true,
  scramMaxIterations: 4096,
  Promise,
} satisfies PgOptions;

function check(
  options: object,
  { endpoint = ENDPOINT, env = {} }: { endpoint?: typeof ENDPOINT; env?: Record<string, string> } = {},
): object {
  const resolved = resolveOptions(endpoint, "postgres");
  return checkPgOptions(options, ALL_NAMES, { ...resolved, runtime: { ...resolved.runtime, env } });
}

function refusalOf(...given: Parameters<typeof check>): RdsProxyError {
  try {
    check(...given);
  } catch (error) {
    if (error instanceof RdsProxyError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("an option of node-postgres", () => {
  it.each(PG_OPTION_NAMES)("%s is handed on", (name) => {
    expect(Object.keys(VALID)).toContain(name);
    const given = { [name]: Reflect.get(VALID, name) };
    expect(check(given)).toEqual(given);
  });

  it("may be left undefined", () => {
    expect(check({ query_timeout: undefined, types: undefined })).toEqual({
      query_timeout: undefined,
      types: undefined,
    });
  });

  it.each([
    ["password", "", null, undefined],
    ["connectionString", "", null, undefined],
    ["ssl", true, undefined],
    ["application_name", ""],
    ["fallback_application_name", ""],
    ["client_encoding", ""],
    ["query_timeout", 0, false],
    ["statement_timeout", 0, false, undefined],
    ["lock_timeout", 0, false],
    ["idle_in_transaction_session_timeout", 0, false],
    ["options", ""],
    ["replication", false, ""],
    ["sslnegotiation", "postgres"],
    ["pipeline", false],
    ["stream", undefined],
    ["idleTimeoutMillis", null],
    ["maxUses", 0],
  ])("%s is left out if its value has no effect", (name, ...values) => {
    for (const value of values) expect(Object.keys(check({ [name]: value }))).toEqual([]);
  });

  it("of the pool may be at its ends", () => {
    const given = { min: 0, idleTimeoutMillis: 0, maxUses: Number.POSITIVE_INFINITY, maxLifetimeSeconds: 0 };
    expect(check({ ...given, allowExitOnIdle: false })).toMatchObject(given);
    expect(check({ maxLifetimeSeconds: 2_147_483 })).toEqual({ maxLifetimeSeconds: 2_147_483 });
  });

  it.each([
    ["onConnect", "select 1", "expected a function, received a value of type string"],
    ["verify", true, "expected a function, received a value of type boolean"],
    ["log", console, "expected a function, received a value of type object"],
    ["binary", "true", 'expected true or false, received "true"'],
    ["scramMaxIterations", -1, "expected a whole number from 0, received -1"],
    ["query_timeout", "5s", 'expected milliseconds from 1 to 2147483647, received "5s"'],
    ["query_timeout", -1, "expected milliseconds from 1 to 2147483647, received -1"],
    ["query_timeout", 2 ** 31, "expected milliseconds from 1 to 2147483647, received 2147483648"],
    ["application_name", "a\0user\0root", "expected a non-empty string without control characters"],
    ["fallback_application_name", 42, "expected a non-empty string without control characters"],
    ["keepAlive", "false", 'expected true or false, received "false"'],
    ["keepAliveInitialDelayMillis", -1, "expected milliseconds from 0 to 2147483647, received -1"],
    ["types", {}, "expected an object with a function `getTypeParser`, received one without"],
    ["types", { getTypeParser: "text" }, "expected an object with a function `getTypeParser`"],
    ["types", "hunter2", "expected an object, received a value of type string"],
    ["min", -1, "expected a whole number from 0, received -1"],
    ["idleTimeoutMillis", "10s", 'expected milliseconds from 0 to 2147483647, received "10s"'],
    ["maxUses", -1, "expected a whole number from 1, received -1"],
    [
      "maxLifetimeSeconds",
      -1,
      "expected seconds from 0 to 2147483, received -1. Correct it, or leave it out.",
    ],
    ["maxLifetimeSeconds", 2_147_484, "expected seconds from 0 to 2147483, received 2147484"],
    ["maxLifetimeSeconds", Number.NaN, "expected seconds from 0 to 2147483, received NaN"],
    ["allowExitOnIdle", 1, "expected true or false, received 1"],
  ])("%s is refused with a value that node-postgres could not work with: %o", (name, value, message) => {
    const refused = refusalOf({ [name]: value });
    expect(refused.code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(refused.message).toContain(`${name}: ${message}`);
  });

  it.each([
    ["statement_timeout", "RDS Proxy refuses connections with it (0A000). Set it on the role"],
    ["lock_timeout", "`query_timeout` is a limit on the client's side"],
    ["idle_in_transaction_session_timeout", "RDS Proxy refuses connections with it"],
    ["options", "RDS Proxy refuses connections with it"],
    ["replication", "RDS Proxy does not support replication (0A000). Connect to the database itself."],
    ["password", "A token is signed for each login; a stored password comes from `secret`. Leave it out."],
    [
      "connectionString",
      "and its `sslmode` would change what is verified. Give host, port, user and database",
    ],
    ["ssl", "Verification is always on. Extra roots go into `ssl: { ca }`"],
    ["connectionTimeoutMillis", "Attempts have their own options for that. Set `connectTimeoutMs`"],
    ["max", "has the same name for all drivers. Set `maxConnections`."],
    [
      "pipeline",
      "cannot be rolled back or released safely. Leave it out, and await one query after the other.",
    ],
    ["poolSize", "has the same name for all drivers. Set `maxConnections`."],
    [
      "stream",
      "The library opens and verifies the socket. Set `host` and `port`, and behind a tunnel `signingHost`.",
    ],
    ["connection", "The library opens and verifies the socket. Set `host`"],
    [
      "Client",
      "The pool's own client class signs tokens and verifies the server. Set up clients in `onConnect`",
    ],
    ["sslnegotiation", "AWS does not document that RDS Proxy supports direct TLS. Leave it out."],
  ])("%s is refused with the remedy", (name, remedy) => {
    const { code, message } = refusalOf({ [name]: "value-of-the-option" });
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toContain(`${name}: not an option here. `);
    expect(message).toContain(remedy);
    expect(message).not.toContain("value-of-the-option");
  });

  it.each(["keepalives", "parseInt8", "toString"])("%s, which is not known here, is refused", (name) => {
    expect(refusalOf({ [name]: true }).message).toContain(`${name}: not a known option.`);
  });

  it("that is misspelt is refused with the correct name", () => {
    expect(refusalOf({ keepalive: true }).message).toContain("Did you mean `keepAlive`?");
  });

  it("is refused wherever it is given, before a connection exists", () => {
    const refused = { ...ENDPOINT, query_timeout: -1 };
    expect(() => createPool(refused)).toThrow(/query_timeout/);
    expect(() => connectionOptions(refused)).toThrow(/query_timeout/);
    const adapter = pgAdapter({ query_timeout: -1 });
    expect(() => adapter.create(resolveOptions(ENDPOINT, "postgres"))).toThrow(/query_timeout/);
  });

  it("for pools only is refused for a single connection", () => {
    expect(() => connectionOptions({ ...ENDPOINT, ...{ maxUses: 10 } })).toThrow(/maxUses/);
  });
});

describe("an option that RDS Proxy does not take", () => {
  it("is taken for an instance, which knows it", () => {
    const given = {
      statement_timeout: 5000,
      lock_timeout: 100,
      options: "-c geqo=off",
      replication: "database",
      sslnegotiation: "direct",
    };
    expect(check(given, { endpoint: INSTANCE })).toEqual(given);
  });

  it("is checked for an instance, too", () => {
    const refused = refusalOf({ statement_timeout: "5s" }, { endpoint: INSTANCE });
    expect(refused.message).toContain(
      'statement_timeout: expected milliseconds from 0 to 2147483647, received "5s"',
    );
  });

  it.each([
    ["PGOPTIONS", "Set it on the role"],
    ["PGREPLICATION", "does not support replication"],
  ])("in the variable %s is refused for a proxy, and taken for an instance", (variable, remedy) => {
    const env = { [variable]: "value-of-the-variable" };
    const { code, message } = refusalOf({}, { env });
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toContain(`${variable}: must not be set. `);
    expect(message).toContain(remedy);
    expect(message).not.toContain("value-of-the-variable");
    expect(check({}, { endpoint: INSTANCE, env })).toEqual({});
  });
});
