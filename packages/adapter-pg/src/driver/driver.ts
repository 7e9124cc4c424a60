import { type Deadline, type Driver, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import type { RdsProxyClient, RdsProxyClientClass } from "./client.js";
import { createConnectionView, type PgConnection } from "./connection-view.js";
import type { PgOptions } from "./driver-options.js";

/** Operations on single clients of node-postgres. */
export function pgDriver(
  Client: RdsProxyClientClass,
  options: ResolvedRdsProxyOptions,
  driverOptions: PgOptions,
): Driver<RdsProxyClient, PgConnection> {
  return {
    connect: (attempt) => new Client(options, driverOptions).connectWithin(attempt),
    stateOf: (client) => client.state,
    connectedAt: (client) => client.connectedAt,
    lastUsedAt: (client) => client.lastUsedAt,
    isInTurnOfLastUse: (client) => client.isInTurnOfLastUse,
    sessionOf: (client) => client.session,
    ping: (client, deadline) => run(client, "select 1", deadline),
    rollback: (client, deadline) => run(client, "rollback", deadline),
    createView: createConnectionView,
    ref: (client) => client.ref(),
    unref: (client) => client.unref(),
    destroy: (client) => client.destroy(),
    end: (client) => client.end(),
  };
}

async function run(client: RdsProxyClient, statement: string, deadline: Deadline): Promise<void> {
  await within(client.query(statement), deadline, () => new Error(`no answer to "${statement}" in time`));
}
