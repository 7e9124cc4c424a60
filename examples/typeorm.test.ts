import { typeormDriver as mysql2Driver } from "@rds-proxy/adapter-mysql2/typeorm";
import { typeormDriver as pgDriver } from "@rds-proxy/adapter-pg/typeorm";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { DataSource, type DataSourceOptions, type EntityManager, EntitySchema } from "typeorm";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../test/support/connect-to.js";

interface Sample {
  id: string;
  big: string;
  exact: string;
  moment: Date;
  day: string;
  document: object;
  text: string | null;
}

const Samples = new EntitySchema<Sample>({
  name: "typeorm_samples",
  columns: {
    id: { type: "bigint", primary: true },
    big: { type: "bigint" },
    exact: { type: "decimal", precision: 30, scale: 10 },
    moment: { type: "timestamp" },
    day: { type: "date" },
    document: { type: "json" },
    text: { type: String, nullable: true },
  },
});

const SAMPLE: Sample = {
  id: "9007199254740993",
  big: "-9223372036854775808",
  exact: "12345678901234567890.0123456789",
  moment: new Date("2026-11-29T12:34:56Z"),
  day: "2026-11-29",
  document: { a: [1, "ü"] },
  text: null,
};

const sides = [
  {
    engine: "postgres",
    type: "postgres",
    connectionId: "select pg_backend_pid() as id",
    driver: (options: RdsProxyOptions): unknown => pgDriver(options),
    refused: { password: "secret", url: "postgres://app@db.example/shop" },
  },
  {
    engine: "mysql",
    type: "mysql",
    connectionId: "select connection_id() as id",
    driver: (options: RdsProxyOptions): unknown => mysql2Driver(options),
    refused: { password: "secret" },
  },
] as const;

describe.each(sides)("TypeORM on $engine", ({ engine, type, connectionId, driver, refused }) => {
  let proxy: LocalProxy;
  beforeEach(async () => {
    proxy = await startLocalProxy({ engine, upstream: inject(engine) });
    return () => proxy.close();
  });

  function dataSource(options: object = {}): DataSource {
    const { host, port, user, database, ...others } = connectTo(proxy);
    const all: object = { type, host, port, username: user, database, driver: driver(others), ...options };
    const source = new DataSource({
      entities: [Samples],
      installExtensions: false,
      ...all,
    } as DataSourceOptions);
    onTestFinished(async () => {
      if (source.isInitialized) await source.destroy();
    });
    return source;
  }

  test("reads and writes as without RDS Proxy", async () => {
    const { user, ...server } = inject(engine);
    const bare = dataSource({ ...server, username: user, driver: undefined });
    const viaProxy = dataSource();
    for (const source of [bare, viaProxy]) await source.initialize();
    await bare.synchronize();
    onTestFinished(() => bare.query("drop table typeorm_samples"));
    const results: unknown[] = [];
    for (const { manager } of [bare, viaProxy]) {
      await manager.save(Samples, SAMPLE);
      results.push(await manager.find(Samples), await manager.query("select * from typeorm_samples"));
      results.push(await manager.delete(Samples, { id: SAMPLE.id }));
    }
    expect(results[0]).toEqual([SAMPLE]);
    expect(results.slice(3)).toEqual(results.slice(0, 3));
  });

  test("retries while the proxy is exhausted", async () => {
    proxy.faults.failConnects("exhausted", { times: 2 });
    const source = await dataSource().initialize();
    expect(await source.query("select 1 as one")).toEqual([{ one: 1 }]);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 3, TokensVerified: 3 });
  });

  test("rolls back what an error ends, and takes its connection again", async () => {
    const source = await dataSource().initialize();
    const failure = new Error("the handler's own");
    const work = source.transaction(async (transaction) => {
      await transaction.query("select 1");
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    await expect(source.query("select no_such_column")).rejects.toThrow("no_such_column");
    expect(await source.query("select 1 as one")).toEqual([{ one: 1 }]);
    expect(proxy.metrics()).toMatchObject({
      ClientConnectionsReceived: 1,
      DatabaseConnectionsCurrentlyInTransaction: 0,
    });
  });

  test("has as many connections at once as poolSize says, each with a token", async () => {
    const source = await dataSource({ poolSize: 2 }).initialize();
    const bothBegan = Promise.withResolvers<void>();
    let began = 0;
    const work = async (transaction: EntityManager): Promise<unknown> => {
      if (++began === 2) bothBegan.resolve();
      await bothBegan.promise;
      return (await transaction.query(connectionId))[0].id;
    };
    const ids = await Promise.all([
      source.transaction(work),
      source.transaction(work),
      source.transaction(work),
    ]);
    expect(new Set(ids).size).toBe(2);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 2, TokensVerified: 2 });
  });

  test("names an option that cannot work, before it connects", async () => {
    for (const [name, value] of Object.entries(refused)) {
      await expect(dataSource({ [name]: value }).initialize()).rejects.toMatchObject({
        code: "RDS_PROXY_INVALID_OPTION",
        message: expect.stringMatching(new RegExp(`^${name}: `)),
      });
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
  });
});

test("TypeORM on PostgreSQL reads from the reader's endpoint in its own way", async () => {
  const upstream = inject("postgres");
  const writer = await startLocalProxy({ engine: "postgres", upstream });
  const { host, port, user: username, database, ssl, credentials, ...others } = connectTo(writer);
  const reader = await startLocalProxy({ engine: "postgres", upstream, credentials: [credentials] });
  onTestFinished(async () => {
    await Promise.all([writer.close(), reader.close()]);
  });
  const source = await new DataSource({
    type: "postgres",
    driver: pgDriver({ ...others, credentials, ssl: { ca: `${ssl.ca}\n${reader.ca}` } }),
    replication: {
      master: { host, port, username, database },
      slaves: [{ host, port: reader.port, username, database }],
    },
  } as DataSourceOptions).initialize();
  onTestFinished(() => source.destroy());
  const before = reader.metrics().QueryRequests;
  const runner = source.createQueryRunner("slave");
  await runner.query("select 1");
  await runner.release();
  expect(reader.metrics().QueryRequests).toBe(before + 1);
});

test("TypeORM on MySQL refuses the option replication, whose connections would have no token", async () => {
  const credentials = { host: "writer.example", username: "app" };
  const source = new DataSource({
    type: "mysql",
    driver: mysql2Driver(),
    replication: { master: credentials, slaves: [credentials] },
  });
  await expect(source.initialize()).rejects.toMatchObject({ code: "RDS_PROXY_UNSUPPORTED" });
});
