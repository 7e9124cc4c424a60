import type { LocalProxyOptions } from "@rds-proxy/local-proxy";
import fc from "fast-check";
import {
  capabilityBits,
  isCapabilityName,
} from "../../packages/local-proxy/src/options/mysql-capabilities.js";
import type { ProfileSettings } from "../../packages/local-proxy/src/options/profile.js";
import { mysqlPinReasons } from "../../packages/local-proxy/src/pinning/mysql-pin-rules.js";
import { postgresPinReasons } from "../../packages/local-proxy/src/pinning/postgres-pin-rules.js";

type Engine = LocalProxyOptions["engine"];

/** Also a customer's own settings, which must not be taken for others. */
const offByDefault = ["unnamed-statement", "multi-statement", "diagnostics", "calc-found-rows"];

const withholdable = Object.keys(capabilityBits)
  .filter(isCapabilityName)
  // The proxy needs these for its own logins.
  .filter(
    (name) =>
      !["PROTOCOL_41", "SSL", "SECURE_CONNECTION", "PLUGIN_AUTH", "PLUGIN_AUTH_LENENC_CLIENT_DATA"].includes(
        name,
      ),
  );

/** Values that no server has. */
const parameterStatus = {
  client_encoding: true,
  standard_conforming_strings: true,
  server_version: "15.99",
  rds_proxy_note: "hello",
} as const;

/** The defaults, and each switch of an engine by itself in each of its other positions. */
export function singleSettings(engine: Engine): readonly ProfileSettings[] {
  const rules = Object.keys(engine === "postgres" ? postgresPinReasons : mysqlPinReasons);
  const common: readonly ProfileSettings[] = [
    {},
    ...rules.map((rule) => ({ pinning: { rules: { [rule]: offByDefault.includes(rule) } } })),
    { pinning: { statementLimit: 4321 } },
    { pinning: { statementLimitUnit: "characters" } },
    { requireSni: true },
    { clockSkewMs: 60_000 },
    { tokenLifetime: "as-signed" },
    { tokenHostCase: "ignored" },
  ];
  if (engine === "postgres") {
    return [
      ...common,
      { pinning: { countsBoundValues: true } },
      { unnamedStatement: "pin" },
      { unnamedStatement: "refuse" },
      { postgres: { sendsBackendKey: false } },
      { postgres: { newerProtocol: "negotiate" } },
      { postgres: { newerProtocol: "accept" } },
      { postgres: { directTls: true } },
      { postgres: { parameterStatus } },
    ];
  }
  return [
    ...common,
    { pinning: { filters: ["EXCLUDE_VARIABLE_SETS"] } },
    { mysql: { authPlugin: "mysql_native_password" } },
    { mysql: { serverVersion: "8.0.99" } },
    { mysql: { withheldCapabilities: ["MULTI_STATEMENTS"] } },
    {
      mysql: { withheldCapabilities: withholdable.filter((name) => name !== "MULTI_STATEMENTS") },
      pinning: { rules: { "temporary-table": false } },
    },
  ];
}

/** Random settings of all switches at once. */
export function randomSettings(engine: Engine, count: number, seed: number): readonly ProfileSettings[] {
  const arbitrary = engine === "postgres" ? ofPostgres : ofMysql;
  return fc.sample(arbitrary, { seed, numRuns: count });
}

function rulesOf<Rule extends string>(reasons: Readonly<Record<Rule, string>>) {
  return fc.record(Object.fromEntries(Object.keys(reasons).map((rule) => [rule, fc.boolean()])));
}

// Another limit takes as many statements as it has bits.
const limit = fc.oneof(
  { arbitrary: fc.constant(16_384), weight: 3 },
  { arbitrary: fc.integer({ min: 512, max: 16_383 }), weight: 1 },
);
const pinning = {
  statementLimit: limit,
  statementLimitUnit: fc.constantFrom("bytes" as const, "characters" as const),
};
const login = {
  requireSni: fc.boolean(),
  clockSkewMs: fc.oneof(
    fc.constant(300_000),
    fc.integer({ min: 0, max: 179 }).map((steps) => steps * 10_000),
  ),
  tokenLifetime: fc.constantFrom("fixed" as const, "as-signed" as const),
  tokenHostCase: fc.constantFrom("exact" as const, "ignored" as const),
};

const ofPostgres: fc.Arbitrary<ProfileSettings> = fc.record({
  ...login,
  unnamedStatement: fc.constantFrom("prepare" as const, "pin" as const, "refuse" as const),
  postgres: fc.record({
    sendsBackendKey: fc.boolean(),
    newerProtocol: fc.constantFrom("refuse" as const, "negotiate" as const, "accept" as const),
    directTls: fc.boolean(),
    parameterStatus: fc.option(
      fc.record(
        {
          client_encoding: fc.constant(true as const),
          standard_conforming_strings: fc.constant(true as const),
          session_authorization: fc.constant(true as const),
          TimeZone: fc.constantFrom(true as const, "Antarctica/Troll"),
          server_version: fc.constantFrom(true as const, "15.99"),
          rds_proxy_note: fc.constant("hello"),
        },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    ),
  }),
  pinning: fc.record({ ...pinning, countsBoundValues: fc.boolean(), rules: rulesOf(postgresPinReasons) }),
});

const ofMysql: fc.Arbitrary<ProfileSettings> = fc.record({
  ...login,
  mysql: fc.record({
    authPlugin: fc.constantFrom("mysql_native_password" as const, "caching_sha2_password" as const),
    serverVersion: fc.constantFrom(true as const, "8.0.99"),
    withheldCapabilities: fc.oneof(fc.constant([]), fc.subarray(withholdable)),
  }),
  pinning: fc.record({
    ...pinning,
    rules: rulesOf(mysqlPinReasons),
    filters: fc.constantFrom([], [], [], ["EXCLUDE_VARIABLE_SETS" as const]),
  }),
});
