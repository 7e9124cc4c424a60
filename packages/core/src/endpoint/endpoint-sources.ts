import type { Environment } from "../runtime.js";
import { checkText } from "../validation.js";
import type { EndpointOptions } from "./endpoint-options.js";
import type { Engine } from "./engine.js";

/** Variables of libpq and of MySQL's clients, read where ours are not set. */
export const CLIENT_VARIABLES: Readonly<
  Record<Engine, Readonly<Record<"host" | "port" | "user" | "database", string>>>
> = {
  postgres: { host: "PGHOST", port: "PGPORT", user: "PGUSER", database: "PGDATABASE" },
  mysql: { host: "MYSQL_HOST", port: "MYSQL_TCP_PORT", user: "MYSQL_USER", database: "MYSQL_DATABASE" },
};

/** The variable with the host of a reader endpoint. */
export const READER_VARIABLE = "RDS_PROXY_READER_ENDPOINT";

/** One colon after a name or an address in brackets, and nothing that belongs to a connection string. */
const HOST_AND_PORT = /^([^:/@[\]]+|\[[^/@[\]]+\]):([^:/@]*)$/;

/** A value, and where it comes from. */
export interface Sourced<Value = string> {
  /** The name of the option or variable. */
  readonly name: string;
  readonly isOption: boolean;
  readonly value: Value;
}

/** Where each part of an endpoint comes from. Undefined parts have a default, or follow from the host's name. */
export interface EndpointSources {
  readonly host: Sourced | undefined;
  readonly port: Sourced<string | number> | undefined;
  readonly user: Sourced | undefined;
  readonly database: Sourced | undefined;
  /** The region in the name of an RDS endpoint takes precedence over a variable. */
  readonly region: Sourced | undefined;
}

/**
 * Looks in the options, then in our variables, then in those of the database clients.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for values that are not text
 */
export function findEndpointSources(
  options: EndpointOptions,
  engine: Engine,
  env: Environment,
): EndpointSources {
  const variables = CLIENT_VARIABLES[engine];
  const option = (name: "host" | "user" | "database" | "region"): Sourced | undefined =>
    options[name] === undefined ? undefined : { name, isOption: true, value: checkText(name, options[name]) };
  const variable = (...names: string[]): Sourced | undefined => {
    const name = names.find((candidate) => env[candidate]);
    return name === undefined ? undefined : { name, isOption: false, value: checkText(name, env[name]) };
  };

  const { host, port } = splitAddress(
    option("host") ??
      // Never a writer's in place of a reader's.
      variable(
        ...(options.targetRole === "read-only" ? [READER_VARIABLE] : ["RDS_PROXY_ENDPOINT", variables.host]),
      ),
  );
  return {
    host,
    port:
      options.port === undefined
        ? (port ?? variable("RDS_PROXY_PORT", variables.port))
        : { name: "port", isOption: true, value: options.port },
    user: option("user") ?? variable("RDS_PROXY_USER", variables.user),
    database: option("database") ?? variable("RDS_PROXY_DATABASE", variables.database),
    region: option("region") ?? variable("AWS_REGION", "AWS_DEFAULT_REGION"),
  };
}

/** Only our own variables may include a port. */
function splitAddress(source: Sourced | undefined): {
  host: Sourced | undefined;
  port: Sourced | undefined;
} {
  if (!source?.name.startsWith("RDS_")) return { host: source, port: undefined };
  const [value = source.value, port] = HOST_AND_PORT.exec(source.value)?.slice(1) ?? [];
  return { host: { ...source, value }, port: port === undefined ? undefined : { ...source, value: port } };
}
