import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Kysely, MysqlDialect, sql } from "kysely";
import mariadb from "mariadb";
import mysqlCallbacks from "mysql2";
import mysql from "mysql2/promise";
import { DataTypes, QueryTypes, Sequelize } from "sequelize";
import { describe, expect, onTestFinished, test } from "vitest";
import { loginTo, proxyForFile } from "./proxies.js";
import { runProgram } from "./run-program.js";

const proxy = proxyForFile("mysql", { maxConnections: 10 });
const largeResult = "select seq, repeat('x', 1000) as text from seq_1_to_20000";

/** A file of two rows, for LOAD DATA LOCAL. */
async function twoRows(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-rows-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "rows");
  await writeFile(file, "1\n2\n");
  return file;
}

describe("the mariadb program", () => {
  const run = async (input: string, isFailing = false) => {
    const { host, port, user, database, password } = await loginTo(proxy());
    const args = ["--no-defaults", "--protocol=tcp", `--host=${host}`, `--port=${port}`, `--user=${user}`];
    const tls = [`--ssl-ca=${proxy().caFile}`, "--ssl-verify-server-cert"];
    return runProgram(
      "mariadb",
      [...args, ...tls, "--local-infile=1", "--skip-column-names", "--batch", database],
      {
        env: { MYSQL_PWD: password },
        input,
        isFailing,
      },
    );
  };

  test("prepared statements", async () => {
    const { stdout } = await run("prepare p from 'select ? + 1'; set @a = 1; execute p using @a;");
    expect(stdout).toBe("2\n");
  });

  test("LOAD DATA LOCAL", async () => {
    const file = await twoRows();
    const { stdout } = await run(
      `create table program_rows (i int); load data local infile '${file}' into table program_rows;
      select * from program_rows order by i; drop table program_rows;`,
    );
    expect(stdout).toBe("1\n2\n");
  });

  test("large results", async () => {
    expect((await run(largeResult)).stdout.trim().split("\n")).toHaveLength(20_000);
  });

  test("multi-statements and errors inside transactions", async () => {
    expect((await run("delimiter //\nselect 1; select 2//\n")).stdout).toBe("1\n2\n");
    const { stderr } = await run("start transaction; select * from missing; commit;", true);
    expect(stderr).toContain("ERROR 1146");
  });
});

async function mysql2Options() {
  const { password, ...login } = await loginTo(proxy());
  return {
    ...login,
    password,
    ssl: { ca: proxy().ca, verifyIdentity: true },
    authPlugins: { mysql_clear_password: () => () => Buffer.from(`${password}\0`) },
  };
}

describe("mysql2", () => {
  const connect = async () => {
    const connection = await mysql.createConnection({ ...(await mysql2Options()), multipleStatements: true });
    onTestFinished(() => connection.end());
    return connection;
  };

  test("prepared statements", async () => {
    const connection = await connect();
    for (const value of [1, 2])
      expect((await connection.execute("select ? as v", [value]))[0]).toEqual([{ v: value }]);
  });

  test("LOAD DATA LOCAL", async () => {
    const connection = await connect();
    await connection.query("create temporary table rows_of_mysql2 (i int)");
    await connection.query({
      sql: "load data local infile 'x' into table rows_of_mysql2",
      infileStreamFactory: () => Readable.from([Buffer.from("1\n"), Buffer.from("2\n")]),
    });
    expect((await connection.query("select * from rows_of_mysql2"))[0]).toHaveLength(2);
  });

  test("streams and large results", async () => {
    const connection = await connect();
    expect((await connection.query(largeResult))[0]).toHaveLength(20_000);
  });

  test("multi-statements and errors inside transactions", async () => {
    const connection = await connect();
    expect((await connection.query("select 1 as a; select 2 as a"))[0]).toEqual([[{ a: 1 }], [{ a: 2 }]]);
    await connection.beginTransaction();
    await expect(connection.query("select * from missing")).rejects.toMatchObject({ errno: 1146 });
    await connection.rollback();
    expect((await connection.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
  });
});

describe("mariadb", () => {
  const connect = async () => {
    const login = await loginTo(proxy());
    const connection = await mariadb.createConnection({
      ...login,
      ssl: { ca: proxy().ca },
      multipleStatements: true,
      permitLocalInfile: true,
    });
    onTestFinished(() => connection.end());
    return connection;
  };

  test("prepared statements and batches", async () => {
    const connection = await connect();
    for (const value of [1, 2])
      expect(await connection.execute("select ? as v", [value])).toEqual([{ v: value }]);
    await connection.query("create temporary table batch (i int)");
    await connection.batch("insert into batch values (?)", [[1], [2], [3]]);
    expect(await connection.query("select * from batch")).toHaveLength(3);
  });

  test("LOAD DATA LOCAL", async () => {
    const connection = await connect();
    const file = await twoRows();
    await connection.query("create temporary table rows_of_mariadb (i int)");
    await connection.query(`load data local infile '${file}' into table rows_of_mariadb`);
    expect(await connection.query("select * from rows_of_mariadb")).toHaveLength(2);
  });

  test("streams and large results", async () => {
    const connection = await connect();
    let count = 0;
    for await (const _ of connection.queryStream(largeResult)) count += 1;
    expect(count).toBe(20_000);
  });

  test("multi-statements and errors inside transactions", async () => {
    const connection = await connect();
    expect(await connection.query("select 1 as a; select 2 as a")).toEqual([[{ a: 1 }], [{ a: 2 }]]);
    await connection.beginTransaction();
    await expect(connection.query("select * from missing")).rejects.toMatchObject({ errno: 1146 });
    await connection.rollback();
    expect(await connection.query("select 1 as one")).toEqual([{ one: 1 }]);
  });
});

test("Sequelize: models, bound values, a transaction that fails", async () => {
  const { host, port, user, database, password } = await loginTo(proxy());
  const { ssl, authPlugins } = await mysql2Options();
  const sequelize = new Sequelize(database, user, password, {
    host,
    port,
    dialect: "mysql",
    logging: false,
    dialectOptions: { ssl, authPlugins },
  });
  onTestFinished(() => sequelize.close());
  const Thing = sequelize.define("sequelize_thing", { name: DataTypes.STRING });
  await Thing.sync({ force: true });
  await Thing.bulkCreate([{ name: "a" }, { name: "b" }]);
  const failing = sequelize.transaction(async (transaction) => {
    await Thing.create({ name: "c" }, { transaction });
    await sequelize.query("select * from missing", { transaction });
  });
  await expect(failing).rejects.toThrow("doesn't exist");
  expect(await Thing.count()).toBe(2);
  const rows = await sequelize.query("select $1 as v", { bind: [7], type: QueryTypes.SELECT });
  expect(rows).toEqual([{ v: 7 }]);
  await Thing.drop();
});

test("Kysely: queries, a stream, a transaction that fails", async () => {
  const pool = mysqlCallbacks.createPool({ ...(await mysql2Options()), connectionLimit: 4 });
  const db = new Kysely<{ kysely_thing: { i: number } }>({ dialect: new MysqlDialect({ pool }) });
  onTestFinished(() => db.destroy());
  await db.schema.createTable("kysely_thing").addColumn("i", "integer").execute();
  await db
    .insertInto("kysely_thing")
    .values([{ i: 1 }, { i: 2 }])
    .execute();
  const failing = db.transaction().execute(async (inside) => {
    await inside.insertInto("kysely_thing").values({ i: 3 }).execute();
    await sql`select * from missing`.execute(inside);
  });
  await expect(failing).rejects.toMatchObject({ errno: 1146 });
  const seen: number[] = [];
  for await (const { i } of db.selectFrom("kysely_thing").select("i").orderBy("i").stream(1)) seen.push(i);
  expect(seen).toEqual([1, 2]);
  await db.schema.dropTable("kysely_thing").execute();
});
