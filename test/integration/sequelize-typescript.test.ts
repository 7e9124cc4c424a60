import { randomUUID } from "node:crypto";
import middy from "@middy/core";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { Column, DataType, Model, Sequelize, Table } from "sequelize-typescript";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { testedEngines } from "../support/tested-engines.js";

/** A model with its own table. Decorators are functions, which are called here as TypeScript would. */
function createModel() {
  class Animal extends Model {
    declare id: number;
    declare name: string;
  }
  Column({ type: DataType.INTEGER, primaryKey: true, autoIncrement: true })(Animal.prototype, "id");
  Column(DataType.STRING)(Animal.prototype, "name");
  Table({ tableName: `animals_${randomUUID().slice(0, 8)}`, timestamps: false })(Animal);
  return Animal;
}

describe.each(testedEngines)("sequelize-typescript on %s", (dialect) => {
  async function startProxy() {
    const proxy = await startLocalProxy({ engine: dialect, upstream: inject(dialect) });
    onTestFinished(() => proxy.close());
    return proxy;
  }
  const create = dialect === "postgres" ? rdsProxy : rdsProxyMysql;

  test("is the class in the context, with the models that `init` adds", async () => {
    const proxy = await startProxy();
    const Animal = createModel();
    const adapter = sequelizeAdapter({
      dialect,
      logging: false,
      sequelize: Sequelize,
      init: (sequelize) => sequelize.addModels([Animal]),
    });
    const middleware = create({ ...connectTo(proxy), adapter });
    onTestFinished(() => middleware.close());
    const handler = middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        await db.sync();
        await Animal.create({ name: "Catto" });
        const found = await Animal.findAll();
        await db.drop();
        return { isOwn: db instanceof Sequelize, names: found.map(({ name }) => name) };
      });
    expect(await handler({}, lambdaContext())).toEqual({ isOwn: true, names: ["Catto"] });
    expect(proxy.pins()).toEqual([]);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
  });

  test("is the class in the context with a function that passes `models`", async () => {
    const proxy = await startProxy();
    const Animal = createModel();
    const adapter = sequelizeAdapter({
      dialect,
      logging: false,
      sequelize: (options) => new Sequelize({ ...options, models: [Animal] }),
    });
    const middleware = create({ ...connectTo(proxy), adapter });
    onTestFinished(() => middleware.close());
    const handler = middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        await db.sync();
        await Animal.bulkCreate([{ name: "Catto" }, { name: "Doggo" }]);
        const count = await Animal.count();
        await db.drop();
        return count;
      });
    expect(await handler({}, lambdaContext())).toBe(2);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1 });
  });

  test("accepts the options of withRdsProxy", async () => {
    const proxy = await startProxy();
    const Animal = createModel();
    const { host, port, user, database, ...place } = connectTo(proxy);
    const options = withRdsProxy({ dialect, host, port, username: user, database, logging: false }, place);
    const sequelize = new Sequelize({ ...options, models: [Animal] });
    onTestFinished(() => sequelize.close());
    await sequelize.sync();
    expect((await Animal.create({ name: "Hammo" })).id).toBe(1);
    await sequelize.drop();
    expect(proxy.metrics()).toMatchObject({ TokensVerified: 1 });
  });
});
