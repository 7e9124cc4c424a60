import { systemRuntime } from "@rds-proxy/core/internal";
import { expect, test } from "vitest";
import type { DiagnoseOptions } from "../diagnose-options.js";
import { PROXY_HOST } from "../testing/endpoint.js";
import { checkOptions } from "./options.js";

function check(options: DiagnoseOptions, env: Readonly<Record<string, string>>) {
  return checkOptions(options, { ...systemRuntime, env }, (name) => `option ${name}`);
}

/** Each value and its origin. */
function originsOf(options: DiagnoseOptions, env: Readonly<Record<string, string>> = {}) {
  const { facts } = check(options, env);
  return Object.fromEntries(facts.map(({ name, value, origin }) => [name, [value, origin]]));
}

test("each value has its origin: an option, a variable, the host's name or a default", () => {
  const env = { RDS_PROXY_ENDPOINT: PROXY_HOST, PGUSER: "app", AWS_REGION: "us-east-1" };
  expect(originsOf({ database: "shop" }, env)).toEqual({
    engine: ["postgres", "default"],
    host: [PROXY_HOST, "RDS_PROXY_ENDPOINT"],
    port: [5432, "default"],
    user: ["app", "PGUSER"],
    database: ["shop", "option database"],
    region: ["eu-west-1", "the host's name"],
    "signed host": [PROXY_HOST, "the host"],
    "signed port": [5432, "the port"],
    endpoint: ["an RDS Proxy", "the signed host's name"],
  });
});

test("the port comes from RDS_PROXY_ENDPOINT, the region from a variable, the database from the user's name", () => {
  const env = {
    RDS_PROXY_ENDPOINT: "localhost:15432",
    RDS_PROXY_USER: "app",
    AWS_DEFAULT_REGION: "eu-west-1",
  };
  expect(originsOf({}, env)).toMatchObject({
    host: ["localhost", "RDS_PROXY_ENDPOINT"],
    port: [15432, "RDS_PROXY_ENDPOINT"],
    database: ["app", "the user's name"],
    region: ["eu-west-1", "AWS_DEFAULT_REGION"],
  });
});

test("behind a tunnel, the signed host and port and additional roots have origins too", () => {
  const env = { NODE_EXTRA_CA_CERTS: "/ca.pem", RDS_PROXY_PORT: "15432" };
  expect(
    originsOf({ engine: "mysql", host: "localhost", user: "app", signingHost: PROXY_HOST }, env),
  ).toEqual({
    engine: ["mysql", "option engine"],
    host: ["localhost", "option host"],
    port: [15432, "RDS_PROXY_PORT"],
    user: ["app", "option user"],
    region: ["eu-west-1", "the host's name"],
    "signed host": [PROXY_HOST, "option signingHost"],
    "signed port": [3306, "default"],
    endpoint: ["an RDS Proxy", "the signed host's name"],
    "more roots": ["/ca.pem", "NODE_EXTRA_CA_CERTS"],
  });
});

test.each([
  [{ user: "app" }, "host: expected the endpoint of an RDS Proxy"],
  [{ host: PROXY_HOST, user: "app", timeoutMs: 0 }, "timeoutMs: expected milliseconds"],
  [{ host: PROXY_HOST, user: "app", port: 70_000 }, "port: expected a port"],
  [{ host: `postgres://app:hunter2@${PROXY_HOST}`, user: "app" }, "host: expected a host name"],
])("%j fails before any connection exists", (options, message) => {
  const finding = check(options, {});
  expect(finding).toMatchObject({ outcome: "failed", problem: expect.stringContaining(message) });
  expect(JSON.stringify(finding)).not.toContain("hunter2");
});

test("an unknown option and an unknown engine fail", () => {
  const misspelt: DiagnoseOptions = Object.fromEntries([["hots", PROXY_HOST]]);
  expect(check(misspelt, {})).toMatchObject({ problem: expect.stringContaining("hots: not a known option") });
  const oracle: DiagnoseOptions = Object.fromEntries([["engine", "oracle"]]);
  expect(check(oracle, {})).toMatchObject({
    problem: expect.stringContaining("engine: expected postgres or mysql"),
  });
});

test("too few threads on Managed Instances are a warning", () => {
  const env = {
    AWS_LAMBDA_MAX_CONCURRENCY: "64",
    RDS_PROXY_ENDPOINT: "db.internal",
    RDS_PROXY_USER: "app",
    AWS_REGION: "eu-west-1",
  };
  expect(checkOptions({}, { ...systemRuntime, env }, (name) => `option ${name}`)).toMatchObject({
    outcome: "warning",
    causes: [{ cause: expect.stringContaining("UV_THREADPOOL_SIZE") }],
  });
});
