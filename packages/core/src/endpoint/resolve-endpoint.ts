import { invalidOption } from "../errors.js";
import { builtinModule } from "../loading/builtin-module.js";
import type { Environment } from "../runtime.js";
import { checkChoice, checkPort, checkText, describeValue, expectOption } from "../validation.js";
import { type Endpoint, parseEndpointName } from "./endpoint.js";
import type { EndpointOptions } from "./endpoint-options.js";
import { CLIENT_VARIABLES, findEndpointSources, READER_VARIABLE, type Sourced } from "./endpoint-sources.js";
import { DEFAULT_PORTS, type Engine } from "./engine.js";

/** Labels of letters, digits, hyphens and underscores, separated by dots. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/;
/** Most begin with two letters; `eusc-de-east-1` does not. */
const REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d+$/;

/**
 * Resolves the endpoint from the options, then from our variables, then from those of the database clients.
 *
 * @param userOfSecret the user where none of them has one; empty until the secret has been read
 */
export function resolveEndpoint(
  options: EndpointOptions & { readonly signer?: unknown },
  engine: Engine,
  env: Environment,
  userOfSecret?: () => string,
): Endpoint {
  const variables = CLIENT_VARIABLES[engine];
  const targetRole =
    checkChoice("targetRole", options.targetRole, ["read-write", "read-only"]) ?? "read-write";
  const sources = findEndpointSources(options, engine, env);
  const host = dialledHost(
    sources.host,
    targetRole === "read-only" ? ` or ${READER_VARIABLE}` : `, RDS_PROXY_ENDPOINT or ${variables.host}`,
  );
  const port = portFrom(sources.port) ?? DEFAULT_PORTS[engine];
  const user = sources.user?.value;
  if (user === undefined && !userOfSecret) {
    throw invalidOption(
      "user",
      "a database user",
      "none",
      `Set the option \`user\`, RDS_PROXY_USER or ${variables.user}.`,
    );
  }
  const database = sources.database?.value;

  const signingHost =
    options.signingHost === undefined
      ? host
      : checkHostName("signingHost", checkText("signingHost", options.signingHost));
  const signingPort =
    options.signingPort === undefined
      ? options.signingHost === undefined
        ? port
        : DEFAULT_PORTS[engine]
      : checkPort("signingPort", options.signingPort);

  const name = parseEndpointName(signingHost);
  const { kind } = name;
  if (kind === "dsql" && !options.signer) {
    throw invalidOption(
      "signer",
      "the maker of Aurora DSQL's tokens",
      "none",
      "RDS's are refused: wrap a DsqlSigner of @aws-sdk/dsql-signer.",
    );
  }
  return {
    engine,
    kind,
    targetRole,
    host,
    port,
    signingHost,
    signingPort,
    servername: (typeof options.ssl === "object" && options.ssl.servername) || signingHost,
    region: resolveRegion(sources.region, name, signingHost, options.signer !== undefined),
    get user() {
      return user ?? userOfSecret?.() ?? "";
    },
    get database() {
      // libpq's rule; MySQL logs in without a database, and Aurora DSQL has this one only.
      if (kind === "dsql") return database ?? "postgres";
      return database ?? (engine === "postgres" && this.user !== "" ? this.user : undefined);
    },
  };
}

function dialledHost(source: Sourced | undefined, variables: string): string {
  if (source === undefined) {
    throw invalidOption(
      "host",
      "the endpoint of an RDS Proxy",
      "none",
      `Set the option \`host\`${variables} to the proxy's endpoint, such as ` +
        "my-proxy.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com.",
    );
  }
  return checkHostName(source.name, source.value);
}

/** The host in lower case, as RDS issues its names and as certificates and tokens compare them. */
function checkHostName(name: string, value: string): string {
  const { isIP, isIPv6 } = builtinModule("node:net");
  const host = value.toLowerCase().replace(/\.$/, "");
  // As URLs have an IPv6 address; Node dials it without.
  const inBrackets = /^\[(.*)\]$/.exec(host)?.[1];
  if (inBrackets !== undefined && isIPv6(inBrackets)) return inBrackets;
  if (!HOST_NAME.test(host) && !isIP(host)) throw malformedHost(name, value);
  return host;
}

function malformedHost(name: string, value: string): Error {
  const allowed = name.startsWith("RDS_") ? "a host name, or host:port," : "a host name";
  return invalidOption(
    name,
    `${allowed} without scheme, path or user`,
    // A connection string has its password before the last @, or after a name of its own.
    describeValue(value.replace(/\b(pass\w*|pwd)\s*=.*$/is, "$1=…").replace(/^.*@/s, "…@")),
    "Copy the endpoint from the RDS console; port, user and database have options of their own.",
  );
}

function portFrom(source: Sourced<string | number> | undefined): number | undefined {
  if (source === undefined) return undefined;
  const { name, isOption, value } = source;
  return checkPort(name, !isOption && /^\d+$/.test(String(value)) ? Number(value) : value);
}

function resolveRegion(
  given: Sourced | undefined,
  { kind, region: ofName }: ReturnType<typeof parseEndpointName>,
  signingHost: string,
  hasSigner: boolean,
): string {
  // AWS_REGION is where the function runs, which says nothing about where the writer is.
  if (kind === "instance" && !ofName && !given?.isOption) {
    if (hasSigner) return "";
    throw invalidOption(
      "region",
      "the region whose cluster writes",
      "none",
      `${signingHost} is the endpoint of a global database and names none: set the option \`region\`, or connect to the ` +
        "proxy or cluster of a region by its own endpoint.",
    );
  }
  expectOption(
    !given?.isOption || !ofName || given.value === ofName,
    "region",
    `${ofName}, the region in the name of ${signingHost}`,
    given?.value,
    "A token for another region is always refused: leave `region` out.",
  );
  const region = ofName ?? given?.value;
  if (region === undefined) {
    if (hasSigner) return "";
    throw invalidOption(
      "region",
      "the AWS region of the endpoint",
      "none",
      `${signingHost} does not tell it: set the option \`region\` or AWS_REGION.`,
    );
  }
  expectOption(
    REGION.test(region),
    given?.name ?? "region",
    "an AWS region such as eu-west-1",
    region,
    "Correct it.",
  );
  return region;
}
