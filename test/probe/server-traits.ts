import { once } from "node:events";
import { connect } from "node:net";
import type { LocalProxyOptions } from "@rds-proxy/local-proxy";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import pg from "pg";
import { decodeGreeting } from "../../packages/local-proxy/src/mysql/greeting.js";
import {
  type CapabilityName,
  capabilityBits,
  hasCapability,
  isCapabilityName,
} from "../../packages/local-proxy/src/options/mysql-capabilities.js";

/** What a server sends at a login without a proxy. */
export interface ServerTraits {
  /** PostgreSQL's settings. */
  readonly parameters: readonly string[];
  /** MySQL's capabilities. */
  readonly capabilities: readonly CapabilityName[];
}

export async function traitsOf(
  engine: LocalProxyOptions["engine"],
  server: DatabaseServer,
): Promise<ServerTraits> {
  return engine === "postgres"
    ? { parameters: await postgresParameters(server), capabilities: [] }
    : { parameters: [], capabilities: await mysqlCapabilities(server) };
}

async function postgresParameters(server: DatabaseServer): Promise<readonly string[]> {
  const client = new pg.Client({ ...server });
  const names: string[] = [];
  const { connection } = Object(client);
  connection.on("parameterStatus", ({ parameterName }: { parameterName: string }) =>
    names.push(parameterName),
  );
  await client.connect();
  await client.end();
  return names;
}

async function mysqlCapabilities({ host, port }: DatabaseServer): Promise<readonly CapabilityName[]> {
  const socket = connect(port, host);
  const [packet] = await once(socket, "data");
  socket.destroy();
  const { capabilities } = decodeGreeting(packet.subarray(4));
  return Object.keys(capabilityBits)
    .filter(isCapabilityName)
    .filter((name) => hasCapability(capabilities, name));
}
