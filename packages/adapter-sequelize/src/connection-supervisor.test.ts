import { deadlineIn, resolveOptions } from "@rds-proxy/core/adapter";
import pg from "pg";
import { Sequelize } from "sequelize";
import { describe, expect, it } from "vitest";
import { ConnectionSupervisor } from "./connection-supervisor.js";
import type { OpeningRequest } from "./dialects/dialect.js";
import { completeOptions, dialectFor } from "./options.js";
import { type Invocation, InvocationTracker } from "./running-invocations.js";
import { sequelizeInternals } from "./sequelize-internals.js";
import { ScriptedConnection } from "./testing/scripted-connection.js";

const options = resolveOptions(
  { host: "localhost", user: "app", database: "shop", region: "eu-west-1" },
  "postgres",
);

/** A Sequelize with one scripted connection, and two invocations. */
function setUp() {
  let currentRequest: () => OpeningRequest = () => {
    throw new Error("the driver is called before the supervisor knows it");
  };
  const postgres = dialectFor("postgres", undefined);
  const dialect: typeof postgres = {
    ...postgres,
    reportedVersion: () => "18.0.0",
    superviseModule(module, instance) {
      currentRequest = instance.currentRequest;
      return module;
    },
  };
  const sequelize = new Sequelize(
    completeOptions(dialect, { dialect: "postgres", dialectModule: pg, logging: false }, options),
  );
  const { connectionManager: manager } = sequelizeInternals(sequelize);
  const connection = new ScriptedConnection();
  Object.assign(manager, {
    validate: () => true,
    async connect() {
      currentRequest().onOpening({
        pooled: Promise.resolve(connection),
        destroy: () => connection.destroy(),
      });
      return connection;
    },
  });
  const invocations = new InvocationTracker();
  new ConnectionSupervisor(sequelize, {
    dialect,
    dialectOptions: {},
    isZoneChosen: false,
    optionsOf: () => options,
    invocations,
  });
  const newInvocation = (): Invocation => ({ deadline: deadlineIn(60_000, options.runtime.clock) });
  return { manager, connection, invocations, one: newInvocation(), other: newInvocation() };
}

describe("a statement that waited while another invocation began a transaction and stayed alone", () => {
  async function waitBesideTransaction(isBeside: boolean) {
    const { manager, connection, invocations, one, other } = setUp();
    invocations.start(one);
    await manager.getConnection();
    if (isBeside) invocations.start(other);
    const waiting = manager.getConnection();
    invocations.end(other);
    connection.state = "transaction";
    connection.log = [];
    manager.releaseConnection(connection);
    return { manager, connection, waiting };
  }

  it("is not sent in the transaction if it was sent while both ran, and the transaction goes on", async () => {
    const { manager, connection, waiting } = await waitBesideTransaction(true);
    await expect(waiting).rejects.toMatchObject({
      code: "RDS_PROXY_UNSUPPORTED",
      message: expect.stringContaining("Use sequelize.transaction(), and await every query"),
    });
    expect(await manager.getConnection()).toBe(connection);
    expect(connection.state).toBe("transaction");
    expect(connection.log).not.toContain("rollback");
  });

  it("is part of the transaction if that invocation ran alone", async () => {
    const { connection, waiting } = await waitBesideTransaction(false);
    expect(await waiting).toBe(connection);
    expect(connection.log).not.toContain("rollback");
  });
});
