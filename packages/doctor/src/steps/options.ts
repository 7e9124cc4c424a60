import {
  checkDuration,
  checkKnownNames,
  type Endpoint,
  type Engine,
  invalidOption,
  RDS_PROXY_OPTION_NAMES,
  RdsProxyError,
  type ResolvedRdsProxyOptions,
  type Runtime,
  resolveOptions,
  type SslOptions,
} from "@rds-proxy/core";
import { findEndpointSources, type Sourced } from "@rds-proxy/core/diagnosis";
import type { DiagnoseOptions } from "../diagnose.js";
import { type Finding, failed } from "../finding.js";
import type { Fact } from "../report.js";

/** Resolves the options as the library does, and says where each value was given. */
export function checkOptions(
  { engine, timeoutMs, ...given }: DiagnoseOptions,
  runtime: Runtime,
  nameOption: (name: string) => string,
): Finding<ResolvedRdsProxyOptions> {
  try {
    checkKnownNames("", given, [...RDS_PROXY_OPTION_NAMES, "engine", "timeoutMs"]);
    if (timeoutMs !== undefined) checkDuration("timeoutMs", timeoutMs, 1);
    const options = resolveOptions(given, checkEngine(engine ?? "postgres"), runtime);
    return {
      outcome: "ok",
      facts: originFacts(given, engine, options, runtime, nameOption),
      learned: options,
    };
  } catch (error) {
    if (!(error instanceof RdsProxyError)) throw error;
    return failed(error.message, [
      {
        cause: "It was not set for this process, or something else was: see which variables there are.",
        remedy: "Set it in the function's environment, in the shell, as a flag or as an option.",
        // Names only: PGPASSWORD may be among them.
        example: "env | cut -d= -f1 | grep -E '^(RDS_PROXY|PG|MYSQL|AWS)_?'",
      },
    ]);
  }
}

function checkEngine(engine: Engine): Engine {
  if (engine === "postgres" || engine === "mysql") return engine;
  throw invalidOption("engine", "postgres or mysql", JSON.stringify(engine), "MariaDB is mysql, too.");
}

function originFacts(
  given: Omit<DiagnoseOptions, "engine" | "timeoutMs">,
  engine: Engine | undefined,
  { endpoint, secret }: ResolvedRdsProxyOptions,
  { env }: Runtime,
  nameOption: (name: string) => string,
): Fact[] {
  const sources = findEndpointSources(given, endpoint.engine, env);
  const origin = (source: Sourced<unknown> | undefined, otherwise: string): string =>
    source ? (source.isOption ? nameOption(source.name) : source.name) : otherwise;
  const ofOption = (name: "signingHost" | "signingPort", otherwise: string): string =>
    given[name] === undefined ? otherwise : nameOption(name);
  return [
    {
      name: "engine",
      value: endpoint.engine,
      origin: engine === undefined ? "default" : nameOption("engine"),
    },
    { name: "host", value: endpoint.host, origin: origin(sources.host, "default") },
    { name: "port", value: endpoint.port, origin: origin(sources.port, "default") },
    ...(endpoint.user === ""
      ? []
      : [{ name: "user", value: endpoint.user, origin: origin(sources.user, "default") }]),
    ...(secret ? [{ name: "secret", value: secret.secretId, origin: nameOption("auth") }] : []),
    ...(given.roleArn === undefined
      ? []
      : [{ name: "role", value: given.roleArn, origin: nameOption("roleArn") }]),
    ...(endpoint.database === undefined
      ? []
      : [
          { name: "database", value: endpoint.database, origin: origin(sources.database, "the user's name") },
        ]),
    {
      name: "region",
      value: endpoint.region,
      // The library takes it from there first; an option that differs is refused.
      origin: endpoint.kind === "custom" ? origin(sources.region, "default") : "the host's name",
    },
    { name: "signed host", value: endpoint.signingHost, origin: ofOption("signingHost", "the host") },
    {
      name: "signed port",
      value: endpoint.signingPort,
      origin: ofOption("signingPort", given.signingHost === undefined ? "the port" : "default"),
    },
    { name: "endpoint", value: KINDS[endpoint.kind], origin: "the signed host's name" },
    ...trustFacts(given, env, nameOption),
  ];
}

const KINDS: Readonly<Record<Endpoint["kind"], string>> = {
  proxy: "an RDS Proxy",
  instance: "an instance or a cluster, no proxy",
  custom: "not a name of RDS's: a tunnel, a CNAME or a local proxy",
};

function trustFacts(
  { ssl }: DiagnoseOptions,
  env: Runtime["env"],
  nameOption: (name: string) => string,
): Fact[] {
  const file = env["NODE_EXTRA_CA_CERTS"];
  const ca = typeof ssl === "object" ? ssl.ca : undefined;
  return [
    ...(ca === undefined
      ? []
      : [{ name: "more roots", value: countCertificates(ca), origin: nameOption("ssl.ca") }]),
    ...(ssl === "Amazon RDS"
      ? [{ name: "more roots", value: "those of RDS", origin: nameOption("ssl") }]
      : []),
    ...(file ? [{ name: "more roots", value: file, origin: "NODE_EXTRA_CA_CERTS" }] : []),
  ];
}

function countCertificates(ca: NonNullable<SslOptions["ca"]>): number {
  const text = [ca].flat().map(String).join("\n");
  return text.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/g)?.length ?? 0;
}
