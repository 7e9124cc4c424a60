import type { ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import type { Protocol } from "../client/protocol.js";
import { MysqlProtocol } from "../mysql/mysql-protocol.js";
import { PostgresProtocol } from "../postgres/postgres-protocol.js";
import { deriveScramSecret } from "../postgres/scram.js";

/** @param password the listener's; undefined if clients need none */
export async function createProtocol(
  options: ResolvedRdsProxyOptions,
  password: string | undefined,
): Promise<Protocol> {
  return options.endpoint.engine === "postgres"
    ? new PostgresProtocol(options, password === undefined ? undefined : await deriveScramSecret(password))
    : new MysqlProtocol(options, password);
}
