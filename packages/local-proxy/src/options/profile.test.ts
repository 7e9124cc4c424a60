import { expect, test } from "vitest";
import type { LocalProxyOptions } from "./options.js";
import { resolveOptions } from "./resolve-options.js";

const least: LocalProxyOptions = { engine: "postgres", upstream: { host: "h", port: 5432, user: "app" } };
const profile = {
  format: "rds-proxy-profile",
  version: 1,
  engine: "postgres",
  serverVersion: "16.4",
  settings: {
    tokenLifetime: "as-signed",
    unnamedStatement: "refuse",
    postgres: { directTls: true, parameterStatus: { client_encoding: true, server_version: "16.1" } },
    pinning: { statementLimit: 10_000, rules: { "set-local": false, listen: false } },
  },
  undecided: { limits: "not tried" },
};

test("a profile sets what the options leave open", () => {
  const resolved = resolveOptions({ ...least, profile });
  expect(resolved).toMatchObject({
    tokenLifetime: "as-signed",
    tokenHostCase: "exact",
    unnamedStatement: "refuse",
    postgres: { directTls: true, sendsBackendKey: true },
    pinning: { statementLimit: 10_000, statementLimitUnit: "bytes" },
  });
  expect(resolved.pinning.rules.has("set-local")).toBe(false);
  expect(resolved.pinning.rules.has("set")).toBe(true);
});

test("options take precedence, name by name", () => {
  const resolved = resolveOptions({
    ...least,
    profile,
    tokenLifetime: "fixed",
    unnamedStatement: undefined,
    postgres: { directTls: false },
    pinning: { rules: { listen: true } },
  });
  expect(resolved).toMatchObject({
    tokenLifetime: "fixed",
    unnamedStatement: "refuse",
    postgres: { directTls: false, parameterStatus: { server_version: "16.1" } },
    pinning: { statementLimit: 10_000 },
  });
  expect(resolved.pinning.rules.has("listen")).toBe(true);
  expect(resolved.pinning.rules.has("set-local")).toBe(false);
});

// As in JavaScript, without a compiler.
test.each<[string, unknown]>([
  ["option profile: expected an object, got 'profile.json'", "profile.json"],
  ["option profile: there is no 'setings'; did you mean 'settings'?", { ...profile, setings: {} }],
  ['option profile.format: expected "rds-proxy-profile", got undefined', { settings: {} }],
  [
    "option profile.version: expected 1, the only one that this version reads, got 2",
    { ...profile, version: 2 },
  ],
  [
    "option profile.engine: expected \"postgres\", as the option engine says, got 'mysql'",
    { ...profile, engine: "mysql" },
  ],
  ['option profile.engine: expected "postgres" or "mysql", got \'oracle\'', { ...profile, engine: "oracle" }],
  ["option profile.settings: expected an object, got undefined", { ...profile, settings: undefined }],
  ["option profile.settings: expected only", { ...profile, settings: { upstream: { host: "elsewhere" } } }],
  [
    "option profile.settings.pinning.rules: expected ",
    { ...profile, settings: { pinning: { rules: { "get-lock": true } } } },
  ],
  [
    'option profile.settings.tokenLifetime: expected "fixed" or "as-signed", got \'long\'',
    { ...profile, settings: { tokenLifetime: "long" } },
  ],
  [
    "option profile.settings.postgres.parameterStatus.x: expected a string, or true for the server's value, got 1",
    { ...profile, settings: { postgres: { parameterStatus: { x: 1 } } } },
  ],
])("%s", (message, wrong) => {
  const given: unknown = { ...least, profile: wrong };
  expect(() => resolveOptions(given as LocalProxyOptions)).toThrow(message);
});
