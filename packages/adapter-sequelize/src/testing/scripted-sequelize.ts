import type { RdsProxyOptions } from "@rds-proxy/core";
import {
  type Deadline,
  deadlineIn,
  type ResolvedRdsProxyOptions,
  resolveOptions,
} from "@rds-proxy/core/adapter";
import { type Clock, systemRuntime } from "@rds-proxy/core/internal";
import pg from "pg";
import { Sequelize } from "sequelize";
import { ConnectionSupervisor } from "../connection-supervisor.js";
import type { OpeningRequest, SequelizeDialect, SequelizeOptions } from "../dialects/dialect.js";
import { completeOptions, dialectFor } from "../options.js";
import { type Invocation, InvocationTracker, type RunningInvocations } from "../running-invocations.js";
import { type ConnectionManager, sequelizeInternals } from "../sequelize-internals.js";
import { SequelizeResource } from "../sequelize-resource.js";
import { ScriptedConnection } from "./scripted-connection.js";

interface Given {
  readonly rdsProxy?: RdsProxyOptions;
  readonly clock?: Clock;
  /** Sequelize's own options. */
  readonly own?: Omit<SequelizeOptions, "dialect">;
}

/** A Sequelize without a server. */
interface BareSequelize {
  readonly sequelize: Sequelize;
  readonly manager: ConnectionManager;
  readonly options: ResolvedRdsProxyOptions;
  readonly dialect: SequelizeDialect;
  /** What was opened, or is being opened. */
  readonly connections: ScriptedConnection[];
  /** What the next logins wait for; further ones wait for nothing. */
  readonly logins: (() => Promise<void>)[];
}

/** Creates a Sequelize without a supervisor. */
export function createBareSequelize({
  rdsProxy = {},
  clock = systemRuntime.clock,
  own = {},
}: Given = {}): BareSequelize {
  const options = resolveOptions(
    { host: "localhost", user: "app", database: "shop", region: "eu-west-1", ...rdsProxy },
    "postgres",
    { ...systemRuntime, clock },
  );
  let currentRequest: (() => OpeningRequest) | undefined;
  const dialect: SequelizeDialect = {
    ...dialectFor("postgres", undefined),
    reportedVersion: () => "18.0.0",
    superviseModule(module, instance) {
      currentRequest = instance.currentRequest;
      return module;
    },
  };
  const sequelize = new Sequelize(
    completeOptions(dialect, { dialect: "postgres", dialectModule: pg, logging: false, ...own }, options),
  );
  const { connectionManager: manager } = sequelizeInternals(sequelize);
  const connections: ScriptedConnection[] = [];
  const logins: (() => Promise<void>)[] = [];
  Object.assign(manager, {
    validate: () => true,
    async connect() {
      const connection = new ScriptedConnection();
      connections.push(connection);
      const destroyed = Promise.withResolvers<never>();
      const login = Promise.race([logins.shift()?.(), destroyed.promise]);
      currentRequest?.().onOpening({
        pooled: login.then(() => connection),
        destroy() {
          connection.destroy();
          destroyed.reject(Object.assign(new Error("destroyed"), { code: "ECONNRESET" }));
        },
      });
      await login;
      return connection;
    },
    async disconnect(connection: ScriptedConnection) {
      connection.log.push("disconnect");
    },
  });
  return { sequelize, manager, options, dialect, connections, logins };
}

/** Gives it a supervisor. */
export function supervise(
  { sequelize, options, dialect }: BareSequelize,
  invocations: RunningInvocations | undefined,
): ConnectionSupervisor {
  return new ConnectionSupervisor(sequelize, {
    dialect,
    dialectOptions: {},
    isZoneChosen: false,
    optionsOf: () => options,
    ...(invocations && { invocations }),
  });
}

export interface ScriptedSequelize extends BareSequelize {
  readonly supervisor: ConnectionSupervisor;
  readonly invocations: InvocationTracker;
  readonly resource: SequelizeResource;
  /** A deadline that no test reaches. */
  far(): Deadline;
  newInvocation(): Invocation;
}

/** Creates a Sequelize with a supervisor and a resource, as the middleware does. */
export function createScriptedSequelize(given?: Given): ScriptedSequelize {
  const bare = createBareSequelize(given);
  const { sequelize, options } = bare;
  const invocations = new InvocationTracker();
  const supervisor = supervise(bare, invocations);
  const resource = new SequelizeResource(sequelize, supervisor, invocations, options);
  const far = (): Deadline => deadlineIn(60_000, options.runtime.clock);
  return { ...bare, supervisor, invocations, resource, far, newInvocation: () => ({ deadline: far() }) };
}
