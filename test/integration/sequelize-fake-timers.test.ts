import middy from "@middy/core";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { QueryTypes, Sequelize } from "sequelize";
import { afterEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { testedEngines } from "../support/tested-engines.js";

const { now: realNow } = Date;

afterEach(() => {
  vi.useRealTimers();
});

/** As an application's test does it: all timers are faked, and the date is in 1970. */
function fakeTimers(): void {
  vi.useFakeTimers({ now: 0 });
}

async function useDatabase(sequelize: Sequelize): Promise<unknown> {
  const select = { type: QueryTypes.SELECT } as const;
  const first = await sequelize.query("select 1 as one", select);
  const inTransaction = await sequelize.transaction((transaction) =>
    sequelize.query("select 2 as two", { ...select, transaction }),
  );
  const failed = await sequelize.query("select nothing from nowhere").catch(({ name }: Error) => name);
  return [first, inTransaction, failed, await sequelize.query("select 3 as three", select)];
}

const EXPECTED = [[{ one: 1 }], [{ two: 2 }], "SequelizeDatabaseError", [{ three: 3 }]];

describe.each(testedEngines)("under fake timers, on %s", (dialect) => {
  async function startProxy(): Promise<LocalProxy> {
    const proxy = await startLocalProxy({ engine: dialect, upstream: inject(dialect), now: realNow });
    onTestFinished(() => proxy.close());
    return proxy;
  }

  test("Sequelize by itself works", async () => {
    const { user: username, ...server } = inject(dialect);
    fakeTimers();
    const sequelize = new Sequelize({ ...server, username, dialect, logging: false });
    expect(await useDatabase(sequelize)).toEqual(EXPECTED);
    await sequelize.close();
  });

  test("Sequelize with withRdsProxy works", async () => {
    const proxy = await startProxy();
    fakeTimers();
    const { host, port, user, database, ...place } = connectTo(proxy);
    const options = { dialect, host, port, username: user, database, logging: false } as const;
    const sequelize = new Sequelize(withRdsProxy(options, place));
    expect(await useDatabase(sequelize)).toEqual(EXPECTED);
    await sequelize.close();
  });

  test("Sequelize in a handler works in each invocation", async () => {
    const proxy = await startProxy();
    fakeTimers();
    const create = dialect === "postgres" ? rdsProxy : rdsProxyMysql;
    const middleware = create({
      ...connectTo(proxy),
      adapter: sequelizeAdapter({ dialect, logging: false }),
    });
    const handler = middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => useDatabase(db));
    expect(await handler({}, lambdaContext())).toEqual(EXPECTED);
    expect(await handler({}, lambdaContext())).toEqual(EXPECTED);
    await middleware.close();
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1 });
  });
});
