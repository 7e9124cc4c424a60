import middy from "@middy/core";
import {
  kyselyAdapter as kyselyMysqlAdapter,
  RdsProxyDialect as MysqlRdsProxyDialect,
} from "@rds-proxy/adapter-kysely/mysql";
import { kyselyAdapter, RdsProxyDialect } from "@rds-proxy/adapter-kysely/postgres";
import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { createPool } from "@rds-proxy/adapter-pg";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { onRdsProxyEvent, type RdsProxyEvents } from "@rds-proxy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { CompiledQuery, Kysely, type PostgresDialectConfig } from "kysely";
import Cursor from "pg-cursor";
import { Sequelize } from "sequelize";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { describeOn, onTestedEngines } from "../support/tested-engines.js";

type ConnectionHooks = Pick<PostgresDialectConfig, "onCreateConnection">;

async function startProxy(engine: "postgres" | "mysql"): Promise<LocalProxy> {
  const proxy = await startLocalProxy({ engine, upstream: inject(engine), recordMessages: true });
  onTestFinished(() => proxy.close());
  return proxy;
}

function watchEvents<Name extends "pin" | "discard" | "keep">(name: Name): RdsProxyEvents[Name][] {
  const events: RdsProxyEvents[Name][] = [];
  onTestFinished(onRdsProxyEvent(name, (event) => events.push(event)));
  return events;
}

/** Runs a statement on a connection of either driver. */
async function queryOf(connection: unknown, text: string): Promise<void> {
  const query: unknown = Reflect.get(Object(connection), "query");
  if (typeof query !== "function") throw new Error("no connection of a driver");
  const answered = Promise.withResolvers<void>();
  Reflect.apply(query, connection, [
    text,
    (error: unknown) => (error ? answered.reject(error) : answered.resolve()),
  ]);
  await answered.promise;
}

const workMem = "select current_setting('work_mem') as value";

describeOn("postgres", "a pool of node-postgres", () => {
  test("keeps session state, as pg.Pool does, and reports what pinned", async () => {
    const proxy = await startProxy("postgres");
    const pins = watchEvents("pin");
    const pool = createPool(connectTo(proxy));
    onTestFinished(() => pool.end());
    await pool.query("set work_mem = '1234kB'");
    await pool.query("listen jobs");
    expect((await pool.query(workMem)).rows).toEqual([{ value: "1234kB" }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    await expect.poll(() => pins).toMatchObject([{ kind: "set", source: "invocation" }]);
  });

  test("reports the state that it keeps, once for each kind, and not what set up the connection", async () => {
    const proxy = await startProxy("postgres");
    const kept = watchEvents("keep");
    const pool = createPool({
      ...connectTo(proxy),
      onConnect: async (client) => {
        await client.query("listen jobs");
      },
    });
    onTestFinished(() => pool.end());
    await pool.query("select set_config('app.tenant', 'acme-42', false)");
    await pool.query("set app.tenant = 'acme-43'");
    const client = await pool.connect();
    await client.query("begin");
    await client.query("create temporary table kept (id int)");
    await client.query("commit");
    client.release();
    await expect.poll(() => kept.map(({ state }) => state)).toEqual([["set"], ["temporary-object"]]);
    expect(JSON.stringify(kept)).not.toContain("acme");
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("reports what a transaction that was left open leaves after its rollback", async () => {
    const proxy = await startProxy("postgres");
    const kept = watchEvents("keep");
    const pool = createPool(connectTo(proxy));
    onTestFinished(() => pool.end());
    const client = await pool.connect();
    await client.query("begin");
    await client.query("listen jobs");
    await client.query("select setseed(0.5)");
    client.release();
    await pool.query("select 1");
    await expect.poll(() => kept).toMatchObject([{ state: ["random-seed"] }]);
  });

  test("reports nothing kept of a client that it removes", async () => {
    const proxy = await startProxy("postgres");
    const kept = watchEvents("keep");
    const pool = createPool(connectTo(proxy));
    onTestFinished(() => pool.end());
    const client = await pool.connect();
    await client.query("listen jobs");
    client.release(true);
    await pool.query("set app.tenant = 'x'");
    await expect.poll(() => kept).toMatchObject([{ state: ["set"] }]);
  });

  test("with sessionState: discard, removes a client when it is released, and not before", async () => {
    const proxy = await startProxy("postgres");
    const discards = watchEvents("discard");
    const pool = createPool({ ...connectTo(proxy), sessionState: "discard" });
    onTestFinished(() => pool.end());
    const before = (await pool.query(workMem)).rows;
    const client = await pool.connect();
    await client.query("set work_mem = '1234kB'");
    expect((await client.query(workMem)).rows).toEqual([{ value: "1234kB" }]);
    client.release();
    expect(pool.totalCount).toBe(0);
    expect((await pool.query(workMem)).rows).toEqual(before);
    expect(discards).toMatchObject([{ reason: "session state: set" }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  });

  test("with sessionState: discard, what connecting sets up stays, also when its statements wait in line", async () => {
    const proxy = await startProxy("postgres");
    const pins = watchEvents("pin");
    const pool = createPool({
      ...connectTo(proxy),
      sessionState: "discard",
      onConnect: async (client) => {
        await client.query("set work_mem = '1234kB'");
      },
    });
    onTestFinished(() => pool.end());
    pool.on("connect", (client) => {
      for (const parameter of ["a", "b", "c"]) void client.query(`set app.${parameter} = '1'`);
    });
    for (let use = 0; use < 3; use++) {
      expect((await pool.query(workMem)).rows).toEqual([{ value: "1234kB" }]);
      expect((await pool.query("select current_setting('app.c') as value")).rows).toEqual([{ value: "1" }]);
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    await expect.poll(() => pins).toMatchObject([{ source: "connect" }]);
  });

  test.each(["commit and chain", "commit; begin"])(
    "with sessionState: discard, sees what %j keeps of a transaction",
    async (end) => {
      const proxy = await startProxy("postgres");
      const pool = createPool({ ...connectTo(proxy), sessionState: "discard" });
      onTestFinished(() => pool.end());
      const before = (await pool.query(workMem)).rows;
      const client = await pool.connect();
      for (const text of ["begin", "set work_mem = '1234kB'", end, "rollback"]) await client.query(text);
      client.release();
      expect((await pool.query(workMem)).rows).toEqual(before);
    },
  );

  test("a named statement that sets a parameter is seen each time that it runs", async () => {
    const proxy = await startProxy("postgres");
    const pool = createPool({ ...connectTo(proxy), sessionState: "discard" });
    onTestFinished(() => pool.end());
    const setTenant = {
      name: "set-tenant",
      text: "select set_config('app.tenant', $1, false)",
      values: ["x"],
    };
    const client = await pool.connect();
    await client.query("begin");
    await client.query(setTenant);
    await client.query("rollback");
    await client.query(setTenant);
    client.release();
    expect((await pool.query("select current_setting('app.tenant', true) as tenant")).rows).toEqual([
      { tenant: null },
    ]);
  });

  test("queries that wait when a client is handed out are the connection's, whatever they send", async () => {
    const proxy = await startProxy("postgres");
    const pool = createPool({ ...connectTo(proxy), sessionState: "discard" });
    onTestFinished(() => pool.end());
    pool.on("connect", (client) => {
      for (let query = 0; query < 3; query++) void client.query({ name: "n", text: "select 1" });
    });
    await pool.query("set app.tenant = 'x'");
    expect((await pool.query("select current_setting('app.tenant', true) as tenant")).rows).toEqual([
      { tenant: null },
    ]);
  });

  test("with onPin: throw, refuses each way to send a statement", async () => {
    const proxy = await startProxy("postgres");
    const pool = createPool({ ...connectTo(proxy), onPin: "throw" });
    onTestFinished(() => pool.end());
    const refused = { code: "RDS_PROXY_PINNED" };
    await expect(pool.query("listen jobs")).rejects.toMatchObject(refused);
    await expect(pool.query({ name: "named", text: "select 1" })).rejects.toMatchObject(refused);
    const client = await pool.connect();
    const byCallback = Promise.withResolvers<unknown>();
    await client.query("listen jobs", (error) => byCallback.resolve(error));
    expect(await byCallback.promise).toMatchObject(refused);
    const cursor = client.query(new Cursor("select nextval('s')"));
    await expect(cursor.read(1)).rejects.toMatchObject(refused);
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    client.release();
    expect(proxy.pins()).toEqual([]);
  });
});

describeOn("mysql", "a pool of mysql2", () => {
  test("keeps session state, as mysql2's pool does, and reports what pinned", async () => {
    const proxy = await startProxy("mysql");
    const pins = watchEvents("pin");
    const pool = createMysqlPool(connectTo(proxy));
    onTestFinished(() => pool.end());
    await pool.query("set @tenant = 42");
    expect((await pool.query("select @tenant + 0 as tenant"))[0]).toEqual([{ tenant: 42 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    await expect.poll(() => pins).toMatchObject([{ kind: "set-variable", source: "invocation" }]);
  });

  test("reports the state that it keeps, tracked or not, and not what set up the connection", async () => {
    const proxy = await startProxy("mysql");
    const kept = watchEvents("keep");
    const pool = createMysqlPool(connectTo(proxy));
    onTestFinished(() => pool.end());
    pool.on("connection", (connection) => void connection.query("set @region = 'acme-41'"));
    await pool.query("select 1");
    await pool.query("set time_zone = '+09:00'");
    const connection = await pool.getConnection();
    await connection.query("set @tenant = 'acme-42', time_zone = '+08:00'");
    connection.release();
    await expect
      .poll(() => kept.map(({ state }) => state))
      .toEqual([["set-tracked-variable"], ["set-variable"]]);
    expect(JSON.stringify(kept)).not.toContain("acme");
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("reports what a transaction that was left open leaves after its rollback, and nothing of a lost connection", async () => {
    const proxy = await startProxy("mysql");
    const kept = watchEvents("keep");
    const pool = createMysqlPool(connectTo(proxy));
    onTestFinished(() => pool.end());
    const lost = await pool.getConnection();
    await lost.query("set @tenant = 1");
    lost.destroy();
    const connection = await pool.getConnection();
    await connection.query("begin");
    await connection.query("set time_zone = '+09:00'");
    connection.release();
    expect(kept).toEqual([]);
    await pool.query("select 1");
    await expect.poll(() => kept).toMatchObject([{ state: ["set-tracked-variable"] }]);
  });

  test("with sessionState: discard, removes a connection when it is released, and serves waiting callers", async () => {
    const proxy = await startProxy("mysql");
    const discards = watchEvents("discard");
    const pool = createMysqlPool({ ...connectTo(proxy), sessionState: "discard" });
    onTestFinished(() => pool.end());
    const connection = await pool.getConnection();
    await connection.query("set @tenant = 42");
    const waiting = pool.query("select @tenant as tenant");
    expect((await connection.query("select @tenant + 0 as tenant"))[0]).toEqual([{ tenant: 42 }]);
    connection.release();
    expect((await waiting)[0]).toEqual([{ tenant: null }]);
    expect(discards).toMatchObject([{ reason: "session state: set-variable" }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  });

  test("with sessionState: discard, what listeners to 'connection' set up stays", async () => {
    const proxy = await startProxy("mysql");
    const pool = createMysqlPool({ ...connectTo(proxy), sessionState: "discard" });
    onTestFinished(() => pool.end());
    pool.on("connection", (connection) => {
      for (const name of ["a", "b", "c"]) void connection.query(`set @${name} = 1`);
    });
    for (let use = 0; use < 3; use++) {
      expect((await pool.query("select @c + 0 as c"))[0]).toEqual([{ c: 1 }]);
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("with onPin: throw, refuses execute() and accepts query()", async () => {
    const proxy = await startProxy("mysql");
    const pool = createMysqlPool({ ...connectTo(proxy), onPin: "throw" });
    onTestFinished(() => pool.end());
    await expect(pool.execute("select ?", [1])).rejects.toMatchObject({ code: "RDS_PROXY_PINNED" });
    await expect(pool.query("set @a = 1")).rejects.toMatchObject({ code: "RDS_PROXY_PINNED" });
    expect((await pool.query("select ? as one", [1]))[0]).toEqual([{ one: 1 }]);
    expect(proxy.pins()).toEqual([]);
  });

  test("a tracked variable that a procedure sets is seen by what the server reports", async () => {
    const proxy = await startProxy("mysql");
    const discards = watchEvents("discard");
    const pool = createMysqlPool({ ...connectTo(proxy), sessionState: "discard" });
    onTestFinished(() => pool.end());
    const procedure = `set_zone_${process.pid}`;
    await pool.query(`create procedure ${procedure}() set time_zone = '+09:00'`);
    onTestFinished(async () => {
      await pool.query(`drop procedure ${procedure}`);
    });
    await pool.query(`call ${procedure}()`);
    expect(discards).toMatchObject([{ reason: "session state: server-parameter" }]);
  });
});

/** The same program on both engines, with the middleware's adapter and with the dialect. */
const kyselyEngines = [
  {
    engine: "postgres" as const,
    rdsProxy,
    adapter: (hooks: ConnectionHooks) => kyselyAdapter<object>(hooks),
    Dialect: RdsProxyDialect,
    setUp: "select set_config('app.tenant', 'acme-41', false)",
    look: "select current_setting('app.tenant', true) as tenant",
    change: "set app.tenant = 'acme-42'",
    kind: "set",
  },
  {
    engine: "mysql" as const,
    rdsProxy: rdsProxyMysql,
    adapter: (hooks: ConnectionHooks) => kyselyMysqlAdapter<object>(hooks),
    Dialect: MysqlRdsProxyDialect,
    setUp: "set @tenant = 'acme-41'",
    look: "select @tenant as tenant",
    change: "set @tenant = 'acme-42'",
    kind: "set-variable",
  },
];

describe.each(onTestedEngines<(typeof kyselyEngines)[number]>(kyselyEngines))(
  "Kysely on $engine",
  ({ engine, Dialect, setUp, look, change, kind, ...own }) => {
    const hooks: ConnectionHooks = {
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw("select 1 as one"));
        await connection.executeQuery(CompiledQuery.raw(setUp));
      },
    };
    const run = async (db: Kysely<object>, text: string) =>
      (await db.executeQuery(CompiledQuery.raw(text))).rows;
    const isSetUp = [{ tenant: "acme-41" }];

    test.each(["report", "throw"] as const)(
      "what onCreateConnection sets up stays, with onPin: %s and the middleware",
      async (onPin) => {
        const proxy = await startProxy(engine);
        const middleware = own.rdsProxy({ ...connectTo(proxy), onPin, adapter: own.adapter(hooks) });
        onTestFinished(() => middleware.close());
        const handler = middy()
          .use(middleware)
          .handler((_event, { db }) => run(db, look));
        for (let invocation = 0; invocation < 3; invocation++) {
          expect(await handler({}, lambdaContext())).toEqual(isSetUp);
        }
        expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
      },
    );

    test.each(["report", "throw"] as const)(
      "what onCreateConnection sets up stays, with onPin: %s and the dialect",
      async (onPin) => {
        const proxy = await startProxy(engine);
        const kept = watchEvents("keep");
        const options = { ...connectTo(proxy), ...hooks, onPin, maxConnections: 2 };
        const db = new Kysely<object>({ dialect: new Dialect({ ...options, sessionState: "discard" }) });
        onTestFinished(() => db.destroy());
        for (let use = 0; use < 2; use++) {
          const both = await Promise.all([run(db, look), run(db, look)]);
          expect(both).toEqual([isSetUp, isSetUp]);
        }
        expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
        if (onPin === "throw")
          await expect(run(db, change)).rejects.toMatchObject({ code: "RDS_PROXY_PINNED" });
        else {
          await run(db, change);
          expect(await run(db, look)).toEqual(isSetUp);
          expect(await run(db, look)).toEqual(isSetUp);
        }
        expect(kept).toEqual([]);
      },
    );

    test("the dialect reports the state that it keeps, and not that of onCreateConnection", async () => {
      const proxy = await startProxy(engine);
      const kept = watchEvents("keep");
      const db = new Kysely<object>({ dialect: new Dialect({ ...connectTo(proxy), ...hooks }) });
      onTestFinished(() => db.destroy());
      await run(db, look);
      await run(db, change);
      await run(db, change);
      await expect.poll(() => kept).toMatchObject([{ state: [kind] }]);
      expect(JSON.stringify(kept)).not.toContain("acme");
    });
  },
);

describeOn("postgres", "Sequelize", () => {
  test("what afterConnect sets up stays, with the middleware and without", async () => {
    const proxy = await startProxy("postgres");
    const { host, port, user, database, ...rdsProxyOptions } = connectTo(proxy);
    const hooks = { afterConnect: (connection: unknown) => queryOf(connection, "set work_mem = '1234kB'") };
    const middleware = rdsProxy({
      ...connectTo(proxy),
      adapter: sequelizeAdapter({ dialect: "postgres", logging: false, hooks }),
    });
    onTestFinished(() => middleware.close());
    const handler = middy()
      .use(middleware)
      .handler(async (_event, { db }) => (await db.query(workMem))[0]);
    for (let invocation = 0; invocation < 3; invocation++) {
      expect(await handler({}, lambdaContext())).toEqual([{ value: "1234kB" }]);
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);

    const sequelize = new Sequelize(
      withRdsProxy(
        { dialect: "postgres", host, port, username: user, database, logging: false, hooks },
        { ...rdsProxyOptions, sessionState: "discard" },
      ),
    );
    onTestFinished(() => sequelize.close());
    await sequelize.query(workMem);
    const received = proxy.metrics().ClientConnectionsReceived;
    await sequelize.query(workMem);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(received);
    await sequelize.query("set work_mem = '4321kB'");
    expect((await sequelize.query(workMem))[0]).toEqual([{ value: "1234kB" }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(received + 1);
  });

  test.each(
    onTestedEngines([
      { engine: "postgres", setUp: "set app.a = 'acme-41'", change: "set app.a = 'acme-42'", kind: "set" },
      { engine: "mysql", setUp: "set @a = 'acme-41'", change: "set @a = 'acme-42'", kind: "set-variable" },
    ] as const),
  )(
    "on $engine, afterConnect may set up the session with onPin: throw, and is not reported as kept",
    async ({ engine: dialect, setUp, change, kind }) => {
      const proxy = await startProxy(dialect);
      const kept = watchEvents("keep");
      const { host, port, user, database, ...rdsProxyOptions } = connectTo(proxy);
      const open = (onPin: "report" | "throw"): Sequelize => {
        const hooks = { afterConnect: (connection: unknown) => queryOf(connection, setUp) };
        const place = { dialect, host, port, username: user, database };
        const opened = new Sequelize(
          withRdsProxy({ ...place, logging: false, hooks }, { ...rdsProxyOptions, onPin }),
        );
        onTestFinished(() => opened.close());
        return opened;
      };
      const strict = open("throw");
      expect(await strict.query("select 1 as one", { plain: true })).toEqual({ one: 1 });
      await expect(strict.query(change)).rejects.toMatchObject({
        message: expect.stringContaining(`(${kind})`),
      });
      const sequelize = open("report");
      await sequelize.query("select 1");
      await sequelize.query("select 1");
      await sequelize.query(change);
      await sequelize.query(change);
      await expect.poll(() => kept).toMatchObject([{ state: [kind] }]);
      expect(JSON.stringify(kept)).not.toContain("acme");
      expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
    },
  );

  test("afterConnect may set up the session with onPin: throw and the middleware", async () => {
    const proxy = await startProxy("postgres");
    const hooks = { afterConnect: (connection: unknown) => queryOf(connection, "set work_mem = '1234kB'") };
    const adapter = sequelizeAdapter({ dialect: "postgres", logging: false, hooks });
    const middleware = rdsProxy({ ...connectTo(proxy), onPin: "throw", adapter });
    onTestFinished(() => middleware.close());
    const handler = middy()
      .use(middleware)
      .handler(async (_event, { db }) => (await db.query(workMem))[0]);
    expect(await handler({}, lambdaContext())).toEqual([{ value: "1234kB" }]);
  });

  test("state of one of two concurrent invocations ends with it, and does not affect the other", async () => {
    const proxy = await startProxy("postgres");
    const middleware = rdsProxy({
      ...connectTo(proxy),
      maxConnections: 1,
      adapter: sequelizeAdapter({ dialect: "postgres", logging: false }),
    });
    onTestFinished(() => middleware.close());
    const left = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const leaving = middy()
      .use(middleware)
      .handler(async (_event, { db }) => {
        await db.query("set work_mem = '1234kB'");
        left.resolve();
      });
    const waiting = middy()
      .use(middleware)
      .handler(async (_event, { db }) => {
        await left.promise;
        await ended.promise;
        return (await db.query(workMem))[0];
      });
    const other = waiting({}, lambdaContext());
    await leaving({}, lambdaContext());
    ended.resolve();
    expect(await other).not.toEqual([{ value: "1234kB" }]);
  });
});
