import { type Engine, RdsProxyError, type SslOptions } from "@rds-proxy/core";
import {
  checkKnownNames,
  type Endpoint,
  invalidOption,
  RDS_PROXY_OPTION_NAMES,
  type ResolvedRdsProxyOptions,
  resolveOptions,
} from "@rds-proxy/core/adapter";
import { findEndpointSources, type Sourced } from "@rds-proxy/core/diagnosis";
import { checkDuration, type Runtime } from "@rds-proxy/core/internal";
import type { DiagnoseOptions } from "../diagnose-options.js";
import { type Finding, failed } from "../finding.js";
import type { DiagnosisFact } from "../report.js";
import { findCodeCache } from "./code-cache.js";
import { findThreads } from "./threads.js";

/** Resolves the options as the library does, and records where each value comes from. */
export function checkOptions(
  { engine, timeoutMs, ...given }: DiagnoseOptions,
  runtime: Runtime,
  nameOption: (name: string) => string,
): Finding<ResolvedRdsProxyOptions> {
  try {
    checkKnownNames("", given, [...RDS_PROXY_OPTION_NAMES, "engine", "timeoutMs"]);
    if (timeoutMs !== undefined) checkDuration("timeoutMs", timeoutMs, 1);
    const options = resolveOptions(given, checkEngine(engine ?? "postgres"), runtime);
    const surroundings = [findCodeCache(), findThreads(runtime.env)];
    const problems = surroundings.flatMap(({ problem }) => problem ?? []);
    return {
      outcome: problems.length === 0 ? "ok" : "warning",
      ...(problems.length > 0 && { problem: problems.join(" ") }),
      facts: [
        ...originFacts(given, engine, options, runtime, nameOption),
        ...surroundings.flatMap(({ facts }) => facts),
      ],
      causes: surroundings.flatMap(({ causes = [] }) => causes),
      result: options,
    };
  } catch (error) {
    if (!(error instanceof RdsProxyError)) throw error;
    return failed(error.message, [
      {
        cause: "It is not set for this process, or has a wrong value.",
        remedy:
          "Set it in the function's environment, in the shell, as a flag or as an option. This lists the variables set:",
        // Prints names only: the value of PGPASSWORD is a secret.
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
): DiagnosisFact[] {
  const sources = findEndpointSources(given, endpoint.engine, env);
  const origin = (source: Sourced<unknown> | undefined, otherwise: string): string =>
    source ? (source.isOption ? nameOption(source.name) : source.name) : otherwise;
  const optionOrigin = (name: "signingHost" | "signingPort", otherwise: string): string =>
    given[name] === undefined ? otherwise : nameOption(name);
  return [
    {
      name: "engine",
      value: endpoint.engine,
      origin: engine === undefined ? "default" : nameOption("engine"),
    },
    { name: "host", value: endpoint.host, origin: origin(sources.host, "default") },
    ...(given.targetRole === undefined
      ? []
      : [{ name: "target role", value: given.targetRole, origin: nameOption("targetRole") }]),
    { name: "port", value: endpoint.port, origin: origin(sources.port, "default") },
    ...(endpoint.user === ""
      ? []
      : [{ name: "user", value: endpoint.user, origin: origin(sources.user, "default") }]),
    ...(secret ? [{ name: "secret", value: secret.secretId, origin: nameOption("secret") }] : []),
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
      value: endpoint.region || "not needed",
      // The host's name has precedence; a different `region` option is invalid.
      origin: endpoint.kind === "custom" ? origin(sources.region, "default") : "the host's name",
    },
    { name: "signed host", value: endpoint.signingHost, origin: optionOrigin("signingHost", "the host") },
    {
      name: "signed port",
      value: endpoint.signingPort,
      origin: optionOrigin("signingPort", given.signingHost === undefined ? "the port" : "default"),
    },
    { name: "endpoint", value: KINDS[endpoint.kind], origin: "the signed host's name" },
    ...trustFacts(given, env, nameOption),
  ];
}

const KINDS: Readonly<Record<Endpoint["kind"], string>> = {
  proxy: "an RDS Proxy",
  instance: "an instance or a cluster, not a proxy",
  dsql: "Aurora DSQL, which needs no proxy",
  custom: "not an RDS name: a tunnel, a CNAME or a local proxy",
};

function trustFacts(
  { ssl }: DiagnoseOptions,
  env: Runtime["env"],
  nameOption: (name: string) => string,
): DiagnosisFact[] {
  const file = env["NODE_EXTRA_CA_CERTS"];
  const ca = typeof ssl === "object" ? ssl.ca : undefined;
  return [
    ...(ca === undefined
      ? []
      : [{ name: "more roots", value: countCertificates(ca), origin: nameOption("ssl.ca") }]),
    ...(ssl === "Amazon RDS"
      ? [{ name: "more roots", value: "the RDS bundle", origin: nameOption("ssl") }]
      : []),
    ...(file ? [{ name: "more roots", value: file, origin: "NODE_EXTRA_CA_CERTS" }] : []),
  ];
}

function countCertificates(ca: NonNullable<SslOptions["ca"]>): number {
  const text = [ca].flat().map(String).join("\n");
  return text.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/g)?.length ?? 0;
}
