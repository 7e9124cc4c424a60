import { deadlineIn } from "@rds-proxy/core/adapter";
import { ConnectionTurns, systemRuntime } from "@rds-proxy/core/internal";
import {
  CamelCasePlugin,
  type Dialect,
  type Driver,
  DummyDriver,
  MysqlDialect,
  PostgresDialect,
  sql,
} from "kysely";
import { describe, expect, it, vi } from "vitest";
import { resolvedOptions } from "../../core/src/testing/resolved-options.js";
import { InvocationDriver } from "./invocation-driver.js";
import { kyselyFactory } from "./kysely-factory.js";
import type { KyselyOptions } from "./kysely-options.js";

function createDriver(): InvocationDriver {
  const { clock } = systemRuntime;
  const turns = new ConnectionTurns(resolvedOptions({}, { clock }), deadlineIn(1000, clock), "Wait.");
  const dummy: Required<Driver> = new DummyDriver();
  return new InvocationDriver(dummy, turns, undefined);
}

interface DB {
  orders: { customerName: string };
}

describe.each([
  ["without a log", {}],
  ["with a log", { log: () => undefined }],
] satisfies [string, KyselyOptions][])("a Kysely %s", (_name, options: KyselyOptions) => {
  it("writes its engine's statements, and transforms them by the plugins", async () => {
    const write = (
      Engine: typeof PostgresDialect | typeof MysqlDialect,
      plugins?: KyselyOptions["plugins"],
    ) =>
      kyselyFactory<DB>(Engine, { ...options, plugins })(createDriver())
        .selectFrom("orders")
        .select("customerName")
        .compile().sql;
    expect(write(PostgresDialect)).toBe('select "customerName" from "orders"');
    expect(write(MysqlDialect)).toBe("select `customerName` from `orders`");
    expect(write(PostgresDialect, [new CamelCasePlugin()])).toBe('select "customer_name" from "orders"');
  });

  it("queries through the invocation's own driver, which its destroy() ends", async () => {
    const create = kyselyFactory<DB>(PostgresDialect, options);
    const [driver, other] = [createDriver(), createDriver()];
    const acquire = vi.spyOn(driver, "acquireConnection");
    const db = create(driver);
    expect((await sql`select 1`.execute(db)).rows).toEqual([]);
    expect(acquire).toHaveBeenCalledTimes(1);
    await db.destroy();
    await expect(sql`select 1`.execute(db)).rejects.toThrow("driver has already been destroyed");
    expect((await sql`select 1`.execute(create(other))).rows).toEqual([]);
  });

  it("introspects", async () => {
    const db = kyselyFactory<DB>(PostgresDialect, options)(createDriver());
    expect(await db.introspection.getTables()).toEqual([]);
  });
});

it("only with a log, Kysely's wrapper around the driver costs time, and observes signals", async () => {
  const [driver, logged] = [createDriver(), createDriver()];
  const inits = [driver, logged].map((each) => vi.spyOn(each, "init"));
  const lines: unknown[] = [];
  await sql`select 1`.execute(kyselyFactory(PostgresDialect, {})(driver));
  await sql`select 2`.execute(
    kyselyFactory(PostgresDialect, { log: ({ query }) => void lines.push(query.sql) })(logged),
  );
  expect(lines).toEqual(["select 2"]);
  expect(inits.map(({ mock }) => mock.calls.length)).toEqual([0, 1]);
  expect([driver.isWatched, logged.isWatched]).toEqual([false, true]);
});

it("a dialect that asks for its pool is refused", async () => {
  let pool: (() => Promise<never>) | undefined;
  class AskingDialect extends PostgresDialect implements Dialect {
    constructor(config: { pool: () => Promise<never> }) {
      super(config);
      pool = config.pool;
    }
  }
  kyselyFactory(AskingDialect, {});
  await expect(pool?.()).rejects.toThrow("There is no pool: each invocation's Kysely has its own driver.");
});
