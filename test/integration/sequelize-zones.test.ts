import { randomUUID } from "node:crypto";
import middy from "@middy/core";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import pg from "pg";
import { QueryTypes, Sequelize } from "sequelize";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { onTestedEngines, testedEngines, testOn } from "../support/tested-engines.js";

type Engine = "postgres" | "mysql";
type Options = Partial<Parameters<typeof withRdsProxy>[0]>;

const ASK: Readonly<Record<Engine, string>> = {
  postgres: "select current_setting('TimeZone') as zone",
  mysql: "select @@session.time_zone as zone",
};

async function startProxy(engine: Engine, options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
  const upstream = inject(engine);
  const proxy = await startLocalProxy({ engine, upstream, recordMessages: true, ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

function connectWith(proxy: LocalProxy, dialect: Engine, options: Options = {}): Sequelize {
  const { host, port, user, database, ...place } = connectTo(proxy);
  const own = { dialect, host, port, username: user, database, logging: false } as const;
  const sequelize = new Sequelize(withRdsProxy({ ...own, ...options }, place));
  onTestFinished(() => sequelize.close());
  return sequelize;
}

async function zoneOf(sequelize: Pick<Sequelize, "query">, dialect: Engine): Promise<unknown> {
  const [row] = await sequelize.query(ASK[dialect], { type: QueryTypes.SELECT });
  return Object(row).zone;
}

/** Not in Sequelize's types. */
const optionsOf = (sequelize: object): object => Reflect.get(sequelize, "options");
const versionOf = (sequelize: object): unknown => Reflect.get(optionsOf(sequelize), "databaseVersion");

const sentTexts = (proxy: LocalProxy): string[] => proxy.messages().flatMap(({ text }) => text ?? []);
const settings = (proxy: LocalProxy): string[] => sentTexts(proxy).filter((text) => /^set\b/i.test(text));

describe("a session's time zone, with Sequelize", () => {
  const zones = [
    { engine: "postgres", timezone: "Asia/Tokyo", zone: "Asia/Tokyo", sent: [] },
    { engine: "postgres", timezone: "+09:00", zone: "<+09>-09", sent: [] },
    { engine: "mysql", timezone: "+09:00", zone: "+09:00", sent: ["SET time_zone = '+09:00'"] },
    { engine: "mysql", timezone: "Asia/Tokyo", zone: "+09:00", sent: ["SET time_zone = '+09:00'"] },
    { engine: "mysql", timezone: "+00:00", zone: "+00:00", sent: ["SET time_zone = '+00:00'"] },
  ] as const;

  test.each(onTestedEngines<(typeof zones)[number]>(zones))(
    "on $engine is the chosen $timezone, and nothing pins",
    async ({ engine: dialect, timezone, zone, sent }) => {
      const proxy = await startProxy(dialect);
      const sequelize = connectWith(proxy, dialect, { timezone });
      expect(await zoneOf(sequelize, dialect)).toBe(zone);
      expect(await zoneOf(sequelize, dialect)).toBe(zone);
      expect(settings(proxy)).toEqual(sent);
      expect(proxy.pins()).toEqual([]);
      expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1 });
    },
  );

  test.each(testedEngines)("on %s is set by no statement unless it is chosen", async (dialect) => {
    const proxy = await startProxy(dialect);
    await zoneOf(connectWith(proxy, dialect), dialect);
    expect(settings(proxy)).toEqual([]);
    expect(proxy.pins()).toEqual([]);
  });

  test.each(testedEngines)("on %s is the server's with keepDefaultTimezone", async (dialect) => {
    const proxy = await startProxy(dialect);
    const own = await zoneOf(connectWith(proxy, dialect, { keepDefaultTimezone: true }), dialect);
    const options: Options = { keepDefaultTimezone: true, timezone: "+09:00" };
    expect(await zoneOf(connectWith(proxy, dialect, options), dialect)).toBe(own);
    expect(settings(proxy)).toEqual([]);
  });

  testOn("postgres", "on PostgreSQL is UTC by default, even if the role has another", async () => {
    const role = `zoned_${randomUUID().slice(0, 8)}`;
    const owner = new pg.Client(inject("postgres"));
    await owner.connect();
    onTestFinished(async () => {
      await owner.query(`drop role ${role}`);
      await owner.end();
    });
    await owner.query(`create role ${role} login password 'secret'`);
    await owner.query(`alter role ${role} set timezone = 'Asia/Tokyo'`);
    const upstream = { ...inject("postgres"), user: role, password: "secret" };
    const proxy = await startProxy("postgres", { upstream });
    const bare = new Sequelize({ ...upstream, username: role, dialect: "postgres", logging: false });
    onTestFinished(() => bare.close());

    expect(await zoneOf(connectWith(proxy, "postgres"), "postgres")).toBe(await zoneOf(bare, "postgres"));
    expect(await zoneOf(connectWith(proxy, "postgres", { keepDefaultTimezone: true }), "postgres")).toBe(
      "Asia/Tokyo",
    );
    expect(proxy.pins()).toEqual([]);
  });

  testOn("mysql", "on MySQL is the server's by default, and UTC if that is chosen", async () => {
    const proxy = await startProxy("mysql", { initQuery: "set time_zone = '+09:00'" });
    expect(await zoneOf(connectWith(proxy, "mysql"), "mysql")).toBe("+09:00");
    expect(await zoneOf(connectWith(proxy, "mysql", { timezone: "+00:00" }), "mysql")).toBe("+00:00");
    expect(proxy.pins()).toEqual([]);
  });

  testOn(
    "postgres",
    "on PostgreSQL is set by Sequelize's own statement, which pins, for an offset in another notation",
    async () => {
      const proxy = await startProxy("postgres");
      const sequelize = connectWith(proxy, "postgres", { timezone: "+9:00" });
      expect(await zoneOf(sequelize, "postgres")).toBe("<+09>-09");
      expect(proxy.pins()).toEqual([expect.objectContaining({ rule: "set" })]);
    },
  );

  test.each(testedEngines)("on %s is the same on a replica", async (dialect) => {
    const proxy = await startProxy(dialect);
    const { host, port, user: username } = connectTo(proxy);
    const place = { host, port: String(port), username };
    const sequelize = connectWith(proxy, dialect, {
      timezone: "Asia/Tokyo",
      replication: { write: place, read: [place] },
    });
    const expected = dialect === "postgres" ? "Asia/Tokyo" : "+09:00";
    expect(await zoneOf(sequelize, dialect)).toBe(expected);
    const [row] = await sequelize.query(ASK[dialect], { type: QueryTypes.SELECT, useMaster: true });
    expect(Object(row).zone).toBe(expected);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 2 });
    expect(proxy.pins()).toEqual([]);
  });

  testOn("mysql", "is the chosen one in each invocation, on one connection", async () => {
    const proxy = await startProxy("mysql");
    const { rdsProxy: rdsProxyMysql } = await import("@rds-proxy/middleware/mysql");
    const adapter = sequelizeAdapter({ dialect: "mysql", timezone: "+09:00", logging: false });
    const middleware = rdsProxyMysql({ ...connectTo(proxy), adapter });
    onTestFinished(() => middleware.close());
    const handler = middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => zoneOf(db, "mysql"));
    expect(await handler({}, lambdaContext())).toBe("+09:00");
    expect(await handler({}, lambdaContext())).toBe("+09:00");
    expect(settings(proxy)).toEqual(["SET time_zone = '+09:00'"]);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1 });
  });
});

describe("the server's version, with Sequelize", () => {
  test.each(testedEngines)("on %s is what Sequelize by itself finds, without asking", async (dialect) => {
    const proxy = await startProxy(dialect);
    const { user: username, ...server } = inject(dialect);
    const bare = new Sequelize({ ...server, username, dialect, logging: false });
    onTestFinished(() => bare.close());
    const sequelize = connectWith(proxy, dialect);
    await Promise.all([bare.query("select 1"), sequelize.query("select 1")]);
    expect(versionOf(sequelize)).toBe(versionOf(bare));
    expect(sentTexts(proxy).filter((text) => /version/i.test(text))).toEqual([]);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1 });
    expect(await sequelize.databaseVersion()).toBe(await bare.databaseVersion());
  });

  testOn("postgres", "is known before the handler runs", async () => {
    const proxy = await startProxy("postgres");
    const middleware = rdsProxy({
      ...connectTo(proxy),
      adapter: sequelizeAdapter({ dialect: "postgres", logging: false }),
    });
    onTestFinished(() => middleware.close());
    const handler = middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => versionOf(db));
    expect(await handler({}, lambdaContext())).toMatch(/^\d+\.\d+\.\d+$/);
  });

  testOn("postgres", "is queried on the same connection if the login does not report it", async () => {
    const proxy = await startProxy("postgres", {
      postgres: { parameterStatus: { client_encoding: "UTF8", standard_conforming_strings: "on" } },
    });
    const sequelize = connectWith(proxy, "postgres");
    await sequelize.query("select 1");
    expect(versionOf(sequelize)).toMatch(/^\d+\.\d+\.\d+$/);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1 });
  });

  test.each(testedEngines)("on %s is kept if it is given", async (dialect) => {
    const proxy = await startProxy(dialect);
    const sequelize = connectWith(proxy, dialect, { databaseVersion: "16.2.0" });
    await sequelize.query("select 1");
    expect(versionOf(sequelize)).toBe("16.2.0");
  });
});

describe.each(testedEngines)("options that went through withRdsProxy twice, on %s", (dialect) => {
  test("connect as they did the first time", async () => {
    const proxy = await startProxy(dialect);
    const { host, port, user, database, ...place } = connectTo(proxy);
    const own = { dialect, host, port, username: user, database, logging: false } as const;
    const once = withRdsProxy(own, place);
    const first = new Sequelize(once);
    const second = new Sequelize(withRdsProxy({ ...once, dialect }));
    const ofInstance = new Sequelize(
      withRdsProxy({ ...optionsOf(first), dialect, username: user, database }),
    );
    for (const sequelize of [first, second, ofInstance]) {
      onTestFinished(() => sequelize.close());
      await expect(sequelize.query("select 1 as one", { type: QueryTypes.SELECT })).resolves.toEqual([
        { one: 1 },
      ]);
    }
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 3, TokensVerified: 3 });
    expect(settings(proxy)).toEqual([]);
  });
});
