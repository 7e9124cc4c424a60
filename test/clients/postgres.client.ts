import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import Cursor from "pg-cursor";
import postgres from "postgres";
import { DataTypes, QueryTypes, Sequelize } from "sequelize";
import { describe, expect, onTestFinished, test } from "vitest";
import { libpqEnvironment, loginTo, proxyForFile } from "./proxies.js";
import { runProgram } from "./run-program.js";

const proxy = proxyForFile("postgres", { maxConnections: 10 });
const largeResult = "select i, repeat('x', 1000) as text from generate_series(1, 20000) i";

describe("psql", () => {
  const psql = async (input: string, isFailing = false, ...args: string[]) =>
    runProgram("psql", ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", ...args], {
      env: await libpqEnvironment(proxy()),
      input,
      isFailing,
    });

  test("prepared statements", async () => {
    const { stdout } = await psql("prepare p(int) as select $1 + 1; execute p(1); deallocate p;");
    expect(stdout).toBe("2\n");
  });

  test("COPY both ways", async () => {
    const { stdout } = await psql(
      "create table psql_copy (i int);\n\\copy psql_copy from stdin\n1\n2\n\\.\n\\copy psql_copy to stdout\ndrop table psql_copy;\n",
    );
    expect(stdout).toBe("1\n2\n");
  });

  test("LISTEN", async () => {
    const { stdout } = await psql("listen c;\nnotify c, 'hello';\n");
    expect(stdout).toContain('Asynchronous notification "c" with payload "hello"');
  });

  test("cursors and large results", async () => {
    const { stdout } = await psql("\\set FETCH_COUNT 100\nselect * from generate_series(1, 20000);\n");
    expect(stdout.trim().split("\n")).toHaveLength(20_000);
    expect((await psql(`${largeResult};`)).stdout.length).toBeGreaterThan(20_000_000);
  });

  test("multi-statements and errors inside transactions", async () => {
    expect((await psql("", false, "-c", "select 1; select 2")).stdout).toBe("1\n2\n");
    const { stderr } = await psql("begin; select 1/0; commit;", true);
    expect(stderr).toContain("division by zero");
  });
});

describe("pg", () => {
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ ...(await loginTo(proxy())), ssl: { ca: proxy().ca } });
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  };

  test("prepared statements", async () => {
    const client = await connect();
    for (const value of [1, 2]) {
      const { rows } = await client.query({ name: "p", text: "select $1::int as v", values: [value] });
      expect(rows).toEqual([{ v: value }]);
    }
  });

  test("LISTEN", async () => {
    const client = await connect();
    await client.query("listen c");
    const heard = once(client, "notification");
    await client.query("notify c, 'hello'");
    expect((await heard)[0]).toMatchObject({ channel: "c", payload: "hello" });
  });

  test("cursors and large results", async () => {
    const client = await connect();
    const cursor = client.query(new Cursor<{ i: number }>("select i from generate_series(1, 1000) i"));
    expect(await cursor.read(10)).toHaveLength(10);
    await cursor.close();
    expect((await client.query(largeResult)).rows).toHaveLength(20_000);
  });

  test("multi-statements and errors inside transactions", async () => {
    const client = await connect();
    const results: unknown = await client.query("select 1; select 2");
    expect(results).toHaveLength(2);
    await client.query("begin");
    await expect(client.query("select 1/0")).rejects.toMatchObject({ code: "22012" });
    await expect(client.query("select 1")).rejects.toMatchObject({ code: "25P02" });
    await client.query("rollback");
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });
});

describe("postgres", () => {
  const connect = async () => {
    const client = postgres({
      ...(await loginTo(proxy())),
      ssl: { ca: proxy().ca },
      max: 4,
      onnotice: () => {},
    });
    onTestFinished(() => client.end());
    return client;
  };

  test("prepared statements", async () => {
    const client = await connect();
    const values = await Promise.all([1, 2, 3, 4, 5].map((value) => client`select ${value}::int as v`));
    expect(values.map(([row]) => row?.["v"])).toEqual([1, 2, 3, 4, 5]);
  });

  test("COPY both ways", async () => {
    const client = await connect();
    await client`create table postgres_copy (i int)`;
    await pipeline(Readable.from(["1\n", "2\n"]), await client`copy postgres_copy from stdin`.writable());
    let text = "";
    const sink = new Writable({
      write(chunk, _, done) {
        text += chunk;
        done();
      },
    });
    await pipeline(await client`copy postgres_copy to stdout`.readable(), sink);
    await client`drop table postgres_copy`;
    expect(text).toBe("1\n2\n");
  });

  test("LISTEN", async () => {
    const client = await connect();
    const { promise, resolve } = Promise.withResolvers<string>();
    await client.listen("c", resolve);
    await client.notify("c", "hello");
    expect(await promise).toBe("hello");
  });

  test("cursors and large results", async () => {
    const client = await connect();
    let count = 0;
    await client`select i from generate_series(1, 1000) i`.cursor(100, (rows) => {
      count += rows.length;
    });
    expect(count).toBe(1000);
    expect(await client.unsafe(largeResult)).toHaveLength(20_000);
  });

  test("multi-statements and errors inside transactions", async () => {
    const client = await connect();
    expect(await client`select 1; select 2`.simple()).toHaveLength(2);
    await expect(client.begin((inside) => inside`select 1/0`)).rejects.toMatchObject({ code: "22012" });
    expect(await client`select 1 as one`).toMatchObject([{ one: 1 }]);
  });
});

test("Sequelize: models, bound values, a transaction that fails", async () => {
  const { host, port, user, database, password } = await loginTo(proxy());
  const sequelize = new Sequelize(database, user, password, {
    host,
    port,
    dialect: "postgres",
    logging: false,
    dialectOptions: { ssl: { ca: proxy().ca } },
  });
  onTestFinished(() => sequelize.close());
  const Thing = sequelize.define("sequelize_thing", { name: DataTypes.STRING });
  await Thing.sync({ force: true });
  await Thing.bulkCreate([{ name: "a" }, { name: "b" }]);
  const failing = sequelize.transaction(async (transaction) => {
    await Thing.create({ name: "c" }, { transaction });
    await sequelize.query("select 1/0", { transaction });
  });
  await expect(failing).rejects.toThrow("division by zero");
  expect(await Thing.count()).toBe(2);
  const rows = await sequelize.query("select $1::int as v", { bind: [7], type: QueryTypes.SELECT });
  expect(rows).toEqual([{ v: 7 }]);
  await Thing.drop();
});

test("Kysely: queries, a stream, a transaction that fails", async () => {
  const pool = new pg.Pool({ ...(await loginTo(proxy())), ssl: { ca: proxy().ca }, max: 4 });
  const db = new Kysely<{ kysely_thing: { i: number } }>({
    dialect: new PostgresDialect({ pool, cursor: Cursor }),
  });
  onTestFinished(() => db.destroy());
  await db.schema.createTable("kysely_thing").addColumn("i", "integer").execute();
  await db
    .insertInto("kysely_thing")
    .values([{ i: 1 }, { i: 2 }])
    .execute();
  const failing = db.transaction().execute(async (inside) => {
    await inside.insertInto("kysely_thing").values({ i: 3 }).execute();
    await sql`select 1/0`.execute(inside);
  });
  await expect(failing).rejects.toMatchObject({ code: "22012" });
  const seen: number[] = [];
  for await (const { i } of db.selectFrom("kysely_thing").select("i").orderBy("i").stream(1)) seen.push(i);
  expect(seen).toEqual([1, 2]);
  await db.schema.dropTable("kysely_thing").execute();
});
