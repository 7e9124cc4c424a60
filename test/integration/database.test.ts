import { kyselyAdapter as kyselyMysql } from "@rds-proxy/adapter-kysely/mysql";
import { kyselyAdapter as kyselyPostgres } from "@rds-proxy/adapter-kysely/postgres";
import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { createDatabase, type Database, type LeaseOptions } from "@rds-proxy/database";
import { createDatabase as createMysqlDatabase } from "@rds-proxy/database/mysql";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { sql } from "kysely";
import mysql2 from "mysql2";
import pg from "pg";
import { QueryTypes } from "sequelize";
import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { onTestedEngines } from "../support/tested-engines.js";

/** What the tests use of a driver or ORM. */
interface Side {
  readonly name: string;
  /** Whether `db` takes its connections from a pool of its own, which all leases share. */
  readonly hasPool?: boolean;
  readonly engine: NonNullable<LocalProxyOptions["engine"]>;
  /** A database whose `db` is a function that sends a statement. */
  readonly open: (options: RdsProxyOptions) => Database<(statement: string) => Promise<unknown>>;
}

/** Hands `work` something made of the driver's own `db`. */
function mapped<Db, Made>(database: Database<Db>, make: (db: Db) => Made): Database<Made> {
  return {
    ...database,
    run: (work, options) => database.run((db) => work(make(db)), options),
    async acquire(options) {
      const lease = await database.acquire(options);
      return { ...lease, db: make(lease.db) };
    },
  };
}

const kysely = (db: Parameters<ReturnType<typeof sql>["execute"]>[0]) => async (statement: string) =>
  (await sql.raw(statement).execute(db)).rows;

const sides: readonly Side[] = [
  {
    name: "pg",
    engine: "postgres",
    open: (options) =>
      mapped(createDatabase(options), (db) => async (text: string) => (await db.query(text)).rows),
  },
  {
    name: "mysql2",
    engine: "mysql",
    open: (options) =>
      mapped(createMysqlDatabase(options), (db) => async (text: string) => (await db.query(text))[0]),
  },
  {
    name: "Kysely on PostgreSQL",
    engine: "postgres",
    open: (options) => mapped(createDatabase({ ...options, adapter: kyselyPostgres() }), kysely),
  },
  {
    name: "Kysely on MySQL",
    engine: "mysql",
    open: (options) => mapped(createMysqlDatabase({ ...options, adapter: kyselyMysql() }), kysely),
  },
  {
    name: "Sequelize on PostgreSQL",
    hasPool: true,
    engine: "postgres",
    open: (options) =>
      mapped(
        createDatabase({
          ...options,
          adapter: sequelizeAdapter({ dialect: "postgres", dialectModule: pg, logging: false }),
        }),
        (db) => (text: string) => db.query(text, { type: QueryTypes.SELECT }),
      ),
  },
  {
    name: "Sequelize on MySQL",
    hasPool: true,
    engine: "mysql",
    open: (options) =>
      mapped(
        createMysqlDatabase({
          ...options,
          adapter: sequelizeAdapter({ dialect: "mysql", dialectModule: mysql2, logging: false }),
        }),
        (db) => (text: string) => db.query(text, { type: QueryTypes.SELECT }),
      ),
  },
];

const ONE = "select 1 as one";
const SLEEP = { postgres: "select pg_sleep(20)", mysql: "select sleep(20)" } as const;

describe.each(onTestedEngines<Side>(sides))(
  "a database without Middy: $name",
  ({ engine, hasPool = false, open }) => {
    let proxy: LocalProxy;
    beforeEach(async () => {
      proxy = await startLocalProxy({ engine, upstream: inject(engine) });
      return () => proxy.close();
    });

    function openDatabase(options: RdsProxyOptions = {}) {
      const database = open({ ...connectTo(proxy), ...options });
      onTestFinished(() => database.close());
      return database;
    }

    test("runs work after work on one connection", async () => {
      const database = openDatabase();
      for (let i = 0; i < 3; i++) {
        expect(await database.run((db) => db(ONE), { context: lambdaContext() })).toEqual([{ one: 1 }]);
      }
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    });

    test("passes a result and an error on as they are, and keeps the connection after both", async () => {
      const database = openDatabase();
      const result = { a: 1 };
      expect(await database.run(() => result)).toBe(result);
      const error = new Error("the caller's own");
      await expect(
        database.run(() => {
          throw error;
        }),
      ).rejects.toBe(error);
      await expect(database.run((db) => db("select no_such_column"))).rejects.toThrow(/no_such_column/);
      expect(await database.run((db) => db(ONE))).toEqual([{ one: 1 }]);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    });

    test("ends a lease once, and its db with it", async () => {
      const database = openDatabase();
      const lease = await database.acquire();
      expect(await lease.db(ONE)).toEqual([{ one: 1 }]);
      await Promise.all([lease.release(), lease.release()]);
      lease.destroy();
      await expect(async () => await lease.db(ONE)).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
      expect(await database.run((db) => db(ONE))).toEqual([{ one: 1 }]);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    });

    test("ends a lease at the end of its block", async () => {
      const database = openDatabase();
      let left: ((statement: string) => Promise<unknown>) | undefined;
      {
        await using lease = await database.acquire();
        left = lease.db;
      }
      await expect(async () => await left?.(ONE)).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    });

    test("closes the connection of a lease that is destroyed with a statement in flight", async () => {
      const database = openDatabase();
      const lease = await database.acquire();
      const sleeping = Promise.resolve(lease.db(SLEEP[engine]));
      const settled = expect(sleeping).rejects.toThrow();
      await expect.poll(() => proxy.metrics().QueryRequests).toBeGreaterThan(0);
      lease.destroy();
      await settled;
      expect(await database.run((db) => db(ONE))).toEqual([{ one: 1 }]);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
    });

    test("gives work that runs at the same time a connection each", async () => {
      const database = openDatabase({ maxConnections: 3 });
      const leases = await Promise.all([database.acquire(), database.acquire(), database.acquire()]);
      for (const lease of leases) expect(await lease.db(ONE)).toEqual([{ one: 1 }]);
      await Promise.all(leases.map((lease) => lease.release()));
      expect(proxy.metrics().ClientConnectionsReceived).toBe(3);
    });

    test("ends a lease that its invocation left, when the next invocation comes", async () => {
      vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "shop");
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      const database = openDatabase();
      const left = await database.acquire({ context: { awsRequestId: "1" } });
      expect(await database.run((db) => db(ONE), { context: { awsRequestId: "2" } })).toEqual([{ one: 1 }]);
      await expect(async () => await left.db(ONE)).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    });

    test("opens a connection when it is warmed up, and refuses work when it is closed", async () => {
      const database = openDatabase();
      await database.warmUp();
      expect(proxy.metrics().ClientConnectionsSetupSucceeded).toBe(1);
      await database.beforeSnapshot();
      await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
      database.afterRestore();
      expect(await database.run((db) => db(ONE))).toEqual([{ one: 1 }]);
      await database.close();
      await expect(database.run((db) => db(ONE))).rejects.toMatchObject({ code: "RDS_PROXY_CLOSED" });
      await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    });

    test.each([
      [{ deadline: Number.NaN }, /^deadline: expected a valid Date, or a number of milliseconds/],
      [{ deadline: new Date("soon") }, /^deadline: expected a valid Date/],
      [{ deadline: "2030-01-01" }, /^deadline: expected a valid Date/],
      [{ timeout: 5 }, /^timeout: not a known option\. .*Known are: context, deadline/],
      [{ context: "request" }, /^context: expected an object/],
      ["context", /^options: expected an object/],
    ])("refuses the options %j of a lease before there is a connection", async (options, message) => {
      const database = openDatabase();
      await expect(database.acquire(options as LeaseOptions)).rejects.toMatchObject({
        code: "RDS_PROXY_INVALID_OPTION",
        message: expect.stringMatching(message),
      });
      expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
    });

    if (hasPool) {
      test("shares its pool's connections between leases, one statement after the other", async () => {
        const database = openDatabase();
        const leases = await Promise.all([database.acquire(), database.acquire()]);
        const results = await Promise.all(leases.map((lease) => lease.db(ONE)));
        expect(results).toEqual([[{ one: 1 }], [{ one: 1 }]]);
        await Promise.all(leases.map((lease) => lease.release()));
        expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
      });
    } else {
      test("makes work wait for work that came first, for as long as its deadline", async () => {
        const database = openDatabase();
        const lease = await database.acquire();
        await expect(database.run((db) => db(ONE), { deadline: Date.now() + 200 })).rejects.toMatchObject({
          code: "RDS_PROXY_NO_FREE_CONNECTION",
        });
        const waiting = database.run((db) => db(ONE), { deadline: new Date(Date.now() + 60_000) });
        await lease.release();
        expect(await waiting).toEqual([{ one: 1 }]);
        expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
      });

      test("ends a lease whose deadline has passed, when the next caller comes", async () => {
        const database = openDatabase();
        // On a busy machine, the first connect takes longer than the lease may.
        await database.warmUp();
        const left = await database.acquire({ deadline: Date.now() + 1000 });
        await vi.waitFor(() => database.run((db) => db(ONE), { deadline: Date.now() + 500 }), {
          timeout: 20_000,
        });
        await expect(async () => await left.db(ONE)).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
      });
    }
  },
);
