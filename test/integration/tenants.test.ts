import { randomUUID } from "node:crypto";
import middy from "@middy/core";
import { kyselyAdapter } from "@rds-proxy/adapter-kysely/postgres";
import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { type RdsProxyMiddleware, rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { sql } from "kysely";
import mysql, { type RowDataPacket } from "mysql2/promise";
import pg from "pg";
import { QueryTypes } from "sequelize";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { describeOn, testedEngines } from "../support/tested-engines.js";

const id = randomUUID().slice(0, 8);
const orders = `tenant_orders_${id}`;
const role = `tenant_app_${id}`;
const setTenant = "select set_config('app.tenant', $1, true)";

/** One row of each tenant, and a role to which the policy applies, as it does not to superusers. */
const postgresSchema = `
  create table ${orders} (tenant text not null, item text not null);
  insert into ${orders} values ('a', 'apple'), ('b', 'banana');
  alter table ${orders} enable row level security;
  create policy tenant on ${orders} using (tenant = nullif(current_setting('app.tenant', true), ''));
  create role ${role};
  grant select on ${orders} to ${role}`;
const mysqlSchema = [
  `create table ${orders} (tenant varchar(64) not null, item varchar(64) not null)`,
  `insert into ${orders} values ('a', 'apple'), ('b', 'banana')`,
  `create function ${role}() returns varchar(64) no sql return @tenant`,
  `create view my_${orders} as select item from ${orders} where tenant = ${role}()`,
];

const createAndDrop: Readonly<Record<"postgres" | "mysql", readonly [readonly string[], readonly string[]]>> =
  {
    postgres: [[postgresSchema], [`drop table ${orders}; drop role ${role}`]],
    mysql: [mysqlSchema, [`drop view my_${orders}`, `drop table ${orders}`, `drop function ${role}`]],
  };

beforeAll(async () => {
  for (const engine of testedEngines) await runOn[engine](createAndDrop[engine][0]);
});

afterAll(async () => {
  for (const engine of testedEngines) await runOn[engine](createAndDrop[engine][1]);
});

const runOn: Readonly<Record<"postgres" | "mysql", (statements: readonly string[]) => Promise<void>>> = {
  async postgres(statements) {
    const client = new pg.Client(inject("postgres"));
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  },
  async mysql(statements) {
    const connection = await mysql.createConnection(inject("mysql"));
    // A server with a binary log otherwise refuses functions of users without SUPER.
    await connection.query("set global log_bin_trust_function_creators = 1");
    for (const statement of statements) await connection.query(statement);
    await connection.end();
  },
};

/**
 * What a handler does for its tenant.
 *
 * @param tenant undefined in a handler that forgot to set it
 * @param whileSet called with the visible items while the tenant's value is set
 */
type Serve<Db> = (
  db: Db,
  tenant: string | undefined,
  whileSet: (items: string[]) => Promise<void>,
) => Promise<void>;

/** How an invocation ends, with the tenant's value still set. */
type End = "returns" | "throws" | "times out";

function tenantsShareAnEnvironment<Db>(
  createMiddleware: () => Promise<RdsProxyMiddleware<"db", Db>>,
  serve: Serve<Db>,
): void {
  test.each<End>(["returns", "throws", "times out"])(
    "no tenant sees another's rows when an invocation %s",
    async (end) => {
      const middleware = await createMiddleware();
      /** The items that the invocation saw. */
      const visit = async (tenant: string | undefined): Promise<string[]> => {
        let seen: string[] = [];
        const over = Promise.withResolvers<void>();
        const handler = middy({ timeoutEarlyInMillis: 10 })
          .use(middleware)
          .handler((_event: unknown, { db }) =>
            serve(db, tenant, async (items) => {
              seen = items;
              if (end === "throws") throw new Error("the handler's own");
              if (end === "times out") await over.promise;
            }),
          );
        // The little time that is left is for the handler, however long a login takes.
        if (end === "times out") await middleware.warmUp();
        const invocation = handler({}, lambdaContext(end === "times out" ? 500 : 10_000));
        if (end === "returns") await invocation;
        if (end === "throws") await expect(invocation).rejects.toThrow("the handler's own");
        if (end === "times out") await expect(invocation).rejects.toMatchObject({ name: "TimeoutError" });
        over.resolve();
        return seen;
      };
      expect(await visit("a")).toEqual(["apple"]);
      expect(await visit("b")).toEqual(["banana"]);
      expect(await visit(undefined)).toEqual([]);
      expect(await visit("a")).toEqual(["apple"]);
      expect(await visit(undefined)).toEqual([]);
    },
  );
}

async function optionsFor(engine: "postgres" | "mysql") {
  const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
  onTestFinished(() => proxy.close());
  return connectTo(proxy);
}

function closed<Db>(middleware: RdsProxyMiddleware<"db", Db>): RdsProxyMiddleware<"db", Db> {
  onTestFinished(() => middleware.close());
  return middleware;
}

const itemsOf = (rows: readonly { item: string }[]): string[] => rows.map(({ item }) => item);

describeOn("postgres", "node-postgres with row-level security", () => {
  tenantsShareAnEnvironment(
    async () => closed(rdsProxy(await optionsFor("postgres"))),
    async (db, tenant, whileSet) => {
      await db.query("begin");
      await db.query(`set local role ${role}`);
      if (tenant !== undefined) await db.query(setTenant, [tenant]);
      await whileSet(itemsOf((await db.query<{ item: string }>(`select item from ${orders}`)).rows));
      await db.query("commit");
    },
  );
});

describeOn("postgres", "node-postgres with row-level security by a SET for the session", () => {
  tenantsShareAnEnvironment(
    async () => closed(rdsProxy(await optionsFor("postgres"))),
    async (db, tenant, whileSet) => {
      await db.query(`set role ${role}`);
      if (tenant !== undefined) await db.query("select set_config('app.tenant', $1, false)", [tenant]);
      await whileSet(itemsOf((await db.query<{ item: string }>(`select item from ${orders}`)).rows));
    },
  );
});

describeOn("postgres", "Kysely with row-level security", () => {
  tenantsShareAnEnvironment(
    async () =>
      closed(
        rdsProxy({ ...(await optionsFor("postgres")), adapter: kyselyAdapter<Record<string, never>>() }),
      ),
    (db, tenant, whileSet) =>
      db.transaction().execute(async (trx) => {
        await sql`set local role ${sql.id(role)}`.execute(trx);
        if (tenant !== undefined) await sql`select set_config('app.tenant', ${tenant}, true)`.execute(trx);
        const { rows } = await sql<{ item: string }>`select item from ${sql.table(orders)}`.execute(trx);
        await whileSet(itemsOf(rows));
      }),
  );
});

describeOn("postgres", "Sequelize with row-level security", () => {
  tenantsShareAnEnvironment(
    async () =>
      closed(
        rdsProxy({
          ...(await optionsFor("postgres")),
          adapter: sequelizeAdapter({ dialect: "postgres", logging: false }),
        }),
      ),
    (db, tenant, whileSet) =>
      db.transaction(async (transaction) => {
        await db.query(`set local role ${role}`, { transaction });
        if (tenant !== undefined) {
          await db.query("select set_config('app.tenant', ?, true)", { replacements: [tenant], transaction });
        }
        const rows = await db.query<{ item: string }>(`select item from ${orders}`, {
          type: QueryTypes.SELECT,
          transaction,
        });
        await whileSet(itemsOf(rows));
      }),
  );
});

describeOn("mysql", "mysql2 with a view over a user variable", () => {
  tenantsShareAnEnvironment(
    async () => closed(rdsProxyMysql(await optionsFor("mysql"))),
    async (db, tenant, whileSet) => {
      if (tenant !== undefined) await db.query("set @tenant = ?", [tenant]);
      const [rows] = await db.query<(RowDataPacket & { item: string })[]>(`select item from my_${orders}`);
      await whileSet(itemsOf(rows));
    },
  );
});
