import { expect, test } from "vitest";
import type { LocalProxyOptions } from "./options.js";
import { resolveOptions } from "./resolve-options.js";

const upstream = { host: "127.0.0.1", port: 5432, user: "app", password: "topsecret" };
const least: LocalProxyOptions = { engine: "postgres", upstream };

test("minimal options get every default", () => {
  expect(resolveOptions(least)).toMatchObject({
    port: 0,
    user: "app",
    region: "us-east-1",
    authentication: "iam",
    multiplexing: true,
    poolCapacity: 100,
    maxIdleConnections: 50,
    borrowTimeoutMs: 120_000,
    statementBorrowTimeout: "keep",
    idleClientTimeoutMs: 1_800_000,
    maxLifeMs: 86_400_000,
    networkIdleMs: Number.POSITIVE_INFINITY,
    targetRole: "read-write",
    tokenLifetime: "fixed",
    tokenHostCase: "exact",
    requireSni: false,
    loginTimeoutMs: 30_000,
    requireTls: true,
    clockSkewMs: 300_000,
    recordMessages: false,
  });
});

test("an explicit undefined means the default", () => {
  expect(resolveOptions({ ...least, region: undefined, maxConnections: undefined })).toMatchObject({
    region: "us-east-1",
    poolCapacity: 100,
  });
});

test("by default the greeting of MySQL clients is the server's own", () => {
  const usual = { authPlugin: "caching_sha2_password", serverVersion: undefined, withheldCapabilities: [] };
  expect(resolveOptions({ ...least, engine: "mysql" }).mysql).toEqual(usual);
  expect(resolveOptions({ ...least, engine: "mysql", mysql: { authPlugin: undefined } }).mysql).toEqual(
    usual,
  );
  const changes = {
    authPlugin: "mysql_native_password",
    serverVersion: "8.4.0",
    withheldCapabilities: ["SESSION_TRACK"],
  } as const;
  expect(resolveOptions({ ...least, engine: "mysql", mysql: changes }).mysql).toEqual(changes);
});

test("the pool's size is a percentage of the database's max_connections, and at least one", () => {
  expect(resolveOptions({ ...least, maxConnections: 90, maxConnectionsPercent: 35 })).toMatchObject({
    poolCapacity: 31,
    maxIdleConnections: 15,
  });
  expect(resolveOptions({ ...least, maxConnections: 5, maxConnectionsPercent: 1 }).poolCapacity).toBe(1);
});

test("every pinning rule is on by default, except for several statements in one query", () => {
  const { rules } = resolveOptions({ ...least, pinning: { rules: { "set-local": false } } }).pinning;
  expect(rules.has("set")).toBe(true);
  expect(rules.has("set-local")).toBe(false);
  expect(rules.has("get-lock")).toBe(false);
  const mysql = { ...least, engine: "mysql" } as const;
  expect(resolveOptions(mysql).pinning.rules.has("multi-statement")).toBe(false);
  const switched = resolveOptions({ ...mysql, pinning: { rules: { "multi-statement": true } } });
  expect(switched.pinning.rules.has("multi-statement")).toBe(true);
});

test("each client user has its secret", () => {
  const { secrets } = resolveOptions({
    ...least,
    user: "web",
    users: { batch: { password: "b", authentication: "password" }, ro: { user: "r" } },
  });
  expect(Object.fromEntries(secrets)).toEqual({
    web: { user: "app", password: "topsecret", authentication: "iam" },
    batch: { user: "batch", password: "b", authentication: "password" },
    ro: { user: "r", password: undefined, authentication: "iam" },
  });
});

test("the generated key is temporary and random", () => {
  const [one] = resolveOptions(least).credentials;
  const [other] = resolveOptions(least).credentials;
  expect(one?.accessKeyId).toMatch(/^ASIA[0-9A-F]{16}$/);
  expect(one?.sessionToken?.length).toBeGreaterThan(500);
  expect(one).not.toEqual(other);
});

// As in JavaScript, without a compiler.
test.each<[string, object]>([
  ['option engine: expected "postgres" or "mysql", got \'oracle\'', { engine: "oracle" }],
  ["option upstream: expected an object, got undefined", { upstream: undefined }],
  [
    "option upstream: there is no 'pasword'; did you mean 'password'?",
    { upstream: { ...upstream, pasword: "x" } },
  ],
  ["option upstream.user: expected a non-empty string, got undefined", { upstream: { host: "h", port: 1 } }],
  [
    "option upstream.port: expected a whole number from 1 to 65535, got '5432'",
    { upstream: { ...upstream, port: "5432" } },
  ],
  [
    "option upstream.password: expected a string, got 'number'",
    { upstream: { ...upstream, password: 12345 } },
  ],
  [
    "option users.batch: expected only user, password, authentication, got 'pass'",
    { users: { batch: { pass: "x" } } },
  ],
  ["option maxConnections: expected a whole number from 1 to 1000000, got 0", { maxConnections: 0 }],
  [
    "option borrowTimeoutMs: expected a whole number from 0 to 2147483647, got Infinity",
    { borrowTimeoutMs: Infinity },
  ],
  [
    "option endpointNames: expected host names, each with a port or without, got 'https://x'",
    { endpointNames: ["https://x"] },
  ],
  [
    "option mysql: expected nothing, since engine is \"postgres\", got { serverVersion: '8.0.36' }",
    { mysql: { serverVersion: "8.0.36" } },
  ],
  [
    "option mysql: expected only authPlugin, serverVersion, withheldCapabilities, got 'version'",
    { engine: "mysql", mysql: { version: "8.0.36" } },
  ],
  [
    'option mysql.authPlugin: expected "mysql_native_password" or "caching_sha2_password", got \'sha256_password\'',
    { engine: "mysql", mysql: { authPlugin: "sha256_password" } },
  ],
  [
    "option mysql.withheldCapabilities: expected ",
    { engine: "mysql", mysql: { withheldCapabilities: ["CLIENT_DEPRECATE_EOF"] } },
  ],
  [
    'option authentication: expected "iam" or "password" or "end-to-end-iam", got \'tokens\'',
    { authentication: "tokens" },
  ],
  [
    "option maxIdleConnectionsPercent: expected a whole number from 0 to 40, got 41",
    { maxConnectionsPercent: 40, maxIdleConnectionsPercent: 41 },
  ],
  ["option pinning.rules: expected ", { pinning: { rules: { "get-lock": false } } }],
  ["option pinning.rules.set: expected true or false, got 'no'", { pinning: { rules: { set: "no" } } }],
  [
    'option pinning.filters: expected nothing, since engine is "postgres"',
    { pinning: { filters: ["EXCLUDE_VARIABLE_SETS"] } },
  ],
  ["option limits: expected only", { limits: { clients: 5 } }],
  [
    'option postgres: expected nothing, since engine is "mysql"',
    { engine: "mysql", postgres: { sendsBackendKey: false } },
  ],
  ["option postgres.parameterStatus.x: expected a string", { postgres: { parameterStatus: { x: 1 } } }],
  ["option requireTls: expected true or false, got 'no'", { requireTls: "no" }],
  ["option now: expected a function, got 5", { now: 5 }],
  ["option options: there is no 'maxConnection'; did you mean 'maxConnections'?", { maxConnection: 5 }],
  ["option credentials: expected a list of at least one", { credentials: [] }],
  ["option credentials: expected a list of at least one", { credentials: [{ accessKeyId: "A" }] }],
])("%s", (message, changes) => {
  expect(() => resolveOptions({ ...least, ...changes })).toThrow(message);
});

test("no message shows a secret", () => {
  const wrong = { ...least, upstream: { ...upstream, password: Buffer.from("topsecret") } } as object;
  expect(() => resolveOptions(wrong as LocalProxyOptions)).toThrow(/^(?!.*topsecret).*upstream\.password/);
});
