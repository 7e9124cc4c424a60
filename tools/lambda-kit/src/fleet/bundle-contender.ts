import { fileURLToPath } from "node:url";
import type { LocalProxyOptions, Upstream } from "@rds-proxy/local-proxy";
import { bundleFunction, type Program } from "../bundling/bundle.js";

/** The ways to reach a database that a fleet can take, each a file in the engine's folder of `contenders`. */
export type ContenderFile = "direct" | "snippet" | "rds-proxy";

/** Bundles a contender for `Fleet.start`. */
export function bundleContender(
  engine: LocalProxyOptions["engine"],
  contender: ContenderFile,
): Promise<Program> {
  return bundleFunction(pathOf(`./contenders/${engine}/${contender}.ts`), { runtime: pathOf("./worker.ts") });
}

/** What `direct` reads: the variables of libpq and of MySQL's own programs. */
export function serverVariables(upstream: Upstream): Readonly<Record<string, string>> {
  const { host, port, user = "", password = "", database = "" } = upstream;
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    MYSQL_HOST: host,
    MYSQL_TCP_PORT: String(port),
    MYSQL_USER: user,
    MYSQL_PWD: password,
    MYSQL_DATABASE: database,
  };
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
