import { RdsProxyDialect as MysqlDialect } from "@rds-proxy/adapter-kysely/mysql";
import { RdsProxyDialect as PostgresDialect } from "@rds-proxy/adapter-kysely/postgres";
import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { createPool as createPgPool } from "@rds-proxy/adapter-pg";
import { withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { afterRestore } from "@rds-proxy/core";
import { type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { Kysely, sql } from "kysely";
import mysql2 from "mysql2";
import pg from "pg";
import { Sequelize } from "sequelize";
import { expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { onTestedEngines } from "../support/tested-engines.js";

type Endpoint = ReturnType<typeof connectTo>;

/** A pool of each kind that exists without the middleware. */
const pools: readonly {
  readonly name: string;
  readonly engine: LocalProxyOptions["engine"];
  readonly open: (endpoint: Endpoint) => { query(): Promise<unknown>; end(): Promise<unknown> };
}[] = [
  {
    name: "pg",
    engine: "postgres",
    open(endpoint) {
      const pool = createPgPool(endpoint);
      return { query: () => pool.query("select 1"), end: () => pool.end() };
    },
  },
  {
    name: "mysql2",
    engine: "mysql",
    open(endpoint) {
      const pool = createMysqlPool(endpoint);
      return { query: () => pool.query("select 1"), end: () => pool.end() };
    },
  },
  ...(
    [
      ["postgres", PostgresDialect],
      ["mysql", MysqlDialect],
    ] as const
  ).map(([engine, Dialect]) => ({
    name: `Kysely on ${engine}`,
    engine,
    open(endpoint: Endpoint) {
      const db = new Kysely<unknown>({ dialect: new Dialect(endpoint) });
      return { query: () => sql`select 1`.execute(db), end: () => db.destroy() };
    },
  })),
  ...(
    [
      ["postgres", pg],
      ["mysql", mysql2],
    ] as const
  ).map(([engine, dialectModule]) => ({
    name: `Sequelize on ${engine}`,
    engine,
    open({ host, port, user, database, region, credentials, ssl }: Endpoint) {
      const sequelize = new Sequelize(
        withRdsProxy(
          { dialect: engine, dialectModule, host, port, username: user, database, logging: false },
          { region, credentials, ssl },
        ),
      );
      return { query: () => sequelize.query("select 1"), end: () => sequelize.close() };
    },
  })),
];

test.each(onTestedEngines(pools))(
  "$name uses no connection from before afterRestore()",
  async ({ engine, open }) => {
    const proxy = await startLocalProxy({ engine, upstream: inject(engine), recordMessages: true });
    onTestFinished(() => proxy.close());
    const pool = open(connectTo(proxy));
    onTestFinished(async () => {
      await pool.end();
    });
    const sentOnFirst = (): number => proxy.messages().filter(({ connection }) => connection === 1).length;
    await pool.query();
    await pool.query();
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    const sentBefore = sentOnFirst();

    afterRestore();
    await pool.query();
    expect(sentOnFirst()).toBe(sentBefore);
    await pool.query();
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  },
);
