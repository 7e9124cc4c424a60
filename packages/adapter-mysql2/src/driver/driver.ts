import { type Deadline, type Driver, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import { firstEvent } from "@rds-proxy/core/internal";
import { createConnectionConfig } from "./connection-config.js";
import { createConnectionView, type Mysql2Connection } from "./connection-view.js";
import type { Mysql2Options } from "./driver-options.js";
import { internalsOf } from "./mysql2-internals.js";
import { type CreateConnection, openConnection, type PhysicalConnection } from "./physical-connection.js";

/** Operations on single connections of mysql2. */
export function mysql2Driver(
  createConnection: CreateConnection,
  options: ResolvedRdsProxyOptions,
  driverOptions: Mysql2Options,
): Driver<PhysicalConnection, Mysql2Connection> {
  const createConfig = createConnectionConfig(options, driverOptions);
  return {
    connect: (attempt) => openConnection(createConnection, options, createConfig, attempt).opened,
    stateOf: (physical) => physical.state,
    connectedAt: (physical) => physical.connectedAt,
    lastUsedAt: (physical) => physical.lastUsedAt,
    isInTurnOfLastUse: (physical) => physical.isInTurnOfLastUse,
    sessionOf: (physical) => physical.session,
    ping: (physical, deadline) => answered(physical.connection.promise().ping(), "the ping", deadline),
    rollback: (physical, deadline) =>
      answered(physical.connection.promise().query("rollback"), "the rollback", deadline),
    createView: (physical) => createConnectionView(physical, driverOptions.Promise),
    ref: (physical) => physical.ref(),
    unref: (physical) => physical.unref(),
    destroy: (physical) => physical.destroy(),
    async end({ connection }) {
      // mysql2's own 'end' comes from the socket below TLS, which emits none.
      const closed = firstEvent([internalsOf(connection).stream, "close"]);
      // mysql2 resolves before the message has left the process, which may be frozen next.
      await connection.promise().end();
      await closed;
    },
  };
}

async function answered(work: Promise<unknown>, what: string, deadline: Deadline): Promise<void> {
  await within(work, deadline, () => new Error(`no answer to ${what} in time`));
}
