import middy from "@middy/core";
import { drizzleAdapter as drizzleMysql } from "@rds-proxy/adapter-drizzle/mysql";
import { drizzleAdapter as drizzlePostgres } from "@rds-proxy/adapter-drizzle/postgres";
import { kyselyAdapter as kyselyMysql } from "@rds-proxy/adapter-kysely/mysql";
import { kyselyAdapter as kyselyPostgres } from "@rds-proxy/adapter-kysely/postgres";
import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { createPool as createPgPool } from "@rds-proxy/adapter-pg";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { onRdsProxyEvent, type RdsProxyOptions } from "@rds-proxy/core";
import { createDatabase } from "@rds-proxy/database";
import { createDatabase as createMysqlDatabase } from "@rds-proxy/database/mysql";
import { diagnose } from "@rds-proxy/doctor";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as mysqlRdsProxy } from "@rds-proxy/middleware/mysql";
import { sql as drizzleSql } from "drizzle-orm";
import { sql } from "kysely";
import mysql2 from "mysql2";
import pg from "pg";
import { QueryTypes, Sequelize } from "sequelize";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { onTestedEngines } from "../support/tested-engines.js";

const WRITE = "create table written_on_a_reader (id int)";
const READ = "select 1 as one";
const READER = { targetRole: "read-only" } as const;

type Run = (statement: string) => Promise<unknown>;

/** Opens something that sends statements, each in an invocation of its own. */
type Open = (options: RdsProxyOptions) => Run;

const sequelizeOptions = { logging: false } as const;

const engines = [
  {
    engine: "postgres",
    refusal: { code: "25006" },
    createMiddleware: rdsProxy,
    opens: {
      pg(options) {
        const database = closing(createDatabase(options));
        return (statement) => database.run((db) => db.query(statement));
      },
      Kysely(options) {
        const database = closing(createDatabase({ ...options, adapter: kyselyPostgres() }));
        return (statement) => database.run((db) => sql.raw(statement).execute(db));
      },
      Drizzle(options) {
        const database = closing(createDatabase({ ...options, adapter: drizzlePostgres() }));
        return (statement) => database.run((db) => db.execute(drizzleSql.raw(statement)));
      },
      Sequelize(options) {
        const adapter = sequelizeAdapter({ ...sequelizeOptions, dialect: "postgres", dialectModule: pg });
        const database = closing(createDatabase({ ...options, adapter }));
        return (statement) => database.run((db) => db.query(statement, { type: QueryTypes.SELECT }));
      },
      "pg's pool"(options) {
        const pool = createPgPool(options);
        onTestFinished(() => pool.end());
        // `pool.query()` closes the connection of any statement that fails, as pg.Pool does.
        return async (statement) => {
          const client = await pool.connect();
          try {
            return await client.query(statement);
          } finally {
            client.release();
          }
        };
      },
    } satisfies Record<string, Open>,
    dialectModule: pg as object,
  },
  {
    engine: "mysql",
    refusal: { errno: 1290 },
    createMiddleware: mysqlRdsProxy,
    opens: {
      mysql2(options) {
        const database = closing(createMysqlDatabase(options));
        return (statement) => database.run((db) => db.query(statement));
      },
      Kysely(options) {
        const database = closing(createMysqlDatabase({ ...options, adapter: kyselyMysql() }));
        return (statement) => database.run((db) => sql.raw(statement).execute(db));
      },
      Drizzle(options) {
        const database = closing(createMysqlDatabase({ ...options, adapter: drizzleMysql() }));
        return (statement) => database.run((db) => db.execute(drizzleSql.raw(statement)));
      },
      Sequelize(options) {
        const adapter = sequelizeAdapter({ ...sequelizeOptions, dialect: "mysql", dialectModule: mysql2 });
        const database = closing(createMysqlDatabase({ ...options, adapter }));
        return (statement) => database.run((db) => db.query(statement, { type: QueryTypes.SELECT }));
      },
      "mysql2's pool"(options) {
        const pool = createMysqlPool(options);
        onTestFinished(() => pool.end());
        return async (statement) => {
          const connection = await pool.getConnection();
          try {
            return await connection.query(statement);
          } finally {
            connection.release();
          }
        };
      },
    } satisfies Record<string, Open>,
    dialectModule: mysql2 as object,
  },
] as const;

function closing<Closable extends { close(): Promise<void> }>(database: Closable): Closable {
  onTestFinished(() => database.close());
  return database;
}

describe.each(onTestedEngines(engines))("on $engine", (side) => {
  const { engine, refusal, createMiddleware, opens, dialectModule } = side;
  let writer: LocalProxy;
  let reader: LocalProxy;
  let logins = 0;

  beforeAll(async () => {
    const upstream = inject(engine);
    writer = await startLocalProxy({ engine, upstream });
    // Keys of its own would be another account's.
    const { credentials } = connectTo(writer);
    reader = await startLocalProxy({ engine, upstream, targetRole: "read-only", credentials: [credentials] });
  });
  afterAll(async () => {
    await Promise.all([writer.close(), reader.close()]);
  });
  beforeEach(() => {
    logins = reader.metrics().ClientConnectionsReceived;
  });

  const newLogins = (): number => reader.metrics().ClientConnectionsReceived - logins;

  function reasonsOfDiscards(): string[] {
    const reasons: string[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => reasons.push(reason)));
    return reasons;
  }

  test.each(Object.entries<Open>(opens))(
    "%s keeps a reader's connection that refused a write",
    async (_, open) => {
      const discards = reasonsOfDiscards();
      const run = open({ ...connectTo(reader), ...READER });
      await run(READ);
      const refused: unknown = await run(WRITE).catch((error: unknown) => error);
      expect(driverErrorOf(refused)).toMatchObject(refusal);
      await run(READ);
      expect(newLogins()).toBe(1);
      expect(discards).toEqual([]);
    },
  );

  test("without the role, the same refusal is the sign of a failover", async () => {
    const discards = reasonsOfDiscards();
    const run = Object.values<Open>(opens)[0]?.(connectTo(reader)) ?? expect.fail("no driver");
    await expect(run(WRITE)).rejects.toMatchObject(refusal);
    await run(READ);
    expect(newLogins()).toBe(2);
    expect(discards).toEqual(["unusable"]);
  });

  test("a handler has a writer's and a reader's connection, each kept for the next invocation", async () => {
    vi.stubEnv("RDS_PROXY_ENDPOINT", `${writer.host}:${writer.port}`);
    vi.stubEnv("RDS_PROXY_READER_ENDPOINT", `${reader.host}:${reader.port}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { host: _host, port: _port, ...options } = connectTo(writer);
    const ssl = { ca: [writer.ca, reader.ca] };
    const used: number[] = [];
    onTestFinished(onRdsProxyEvent("acquire", ({ port }) => used.push(port)));
    const db = closing(createMiddleware({ ...options, ssl }));
    const onReader = closing(createMiddleware({ ...options, ssl, ...READER, contextKey: "reader" }));
    const handler = middy()
      .use(db)
      .use(onReader)
      .handler(async (_event, context) => {
        await context.db.query("create table if not exists reader_orders (id int)");
        await expect(context.reader.query("insert into reader_orders values (1)")).rejects.toMatchObject(
          refusal,
        );
        await context.db.query("insert into reader_orders values (1)");
        await context.reader.query("select count(*) from reader_orders");
        await context.db.query("drop table reader_orders");
        return "done";
      });
    const { ClientConnectionsReceived } = writer.metrics();
    expect(await handler({}, lambdaContext())).toBe("done");
    expect(await handler({}, lambdaContext())).toBe("done");
    expect(newLogins()).toBe(1);
    expect(writer.metrics().ClientConnectionsReceived - ClientConnectionsReceived).toBe(1);
    expect(used).toEqual([writer.port, reader.port, writer.port, reader.port]);
  });

  test("Sequelize keeps the connections of its read replicas", async () => {
    const { user, database, port: _port, host: _host, credentials, region } = connectTo(writer);
    const place = ({ host, port }: LocalProxy) => ({ host, port: String(port), username: user, database });
    const sequelize = new Sequelize(
      withRdsProxy(
        {
          ...sequelizeOptions,
          dialect: engine,
          dialectModule,
          username: user,
          database,
          replication: { write: place(writer), read: [place(reader)] },
        },
        { credentials, region, ssl: { ca: [writer.ca, reader.ca] } },
      ),
    );
    onTestFinished(() => sequelize.close());
    const discards = reasonsOfDiscards();
    const read = (statement: string) => sequelize.query(statement, { type: QueryTypes.SELECT });
    await read(READ);
    expect(driverErrorOf(await read(WRITE).catch((error: unknown) => error))).toMatchObject(refusal);
    await read(READ);
    expect(newLogins()).toBe(1);
    expect(discards).toEqual([]);
  });

  test("the doctor expects a server that rejects writes", async () => {
    const server = async (proxy: LocalProxy, options: RdsProxyOptions) => {
      const { steps } = await diagnose({ engine, ...connectTo(proxy), ...options });
      return steps.find(({ step }) => step === "server");
    };
    expect(await server(reader, READER)).toMatchObject({ outcome: "ok" });
    expect(await server(writer, READER)).toMatchObject({
      outcome: "warning",
      problem: "The server accepts writes.",
    });
  });
});

/** The driver's error, which ORMs wrap. */
function driverErrorOf(error: unknown): unknown {
  const { original, cause }: { original?: unknown; cause?: unknown } = Object(error);
  return original ?? cause ?? error;
}
