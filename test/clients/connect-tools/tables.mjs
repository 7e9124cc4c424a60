// Whether the migration's table is there: `tables.mjs 1`, or `0`, after which what the tools keep is removed. `drop` drops it.
import { createConnection } from "mysql2/promise";
import pg from "pg";

const { DATABASE_URL, DIALECT } = process.env;
const OF_TOOLS = [
  "SequelizeMeta",
  "knex_migrations",
  "knex_migrations_lock",
  "kysely_migration",
  "kysely_migration_lock",
  "__drizzle_migrations",
  "_prisma_migrations",
  "migrations",
  "typeorm_metadata",
  "pgmigrations",
];

const connection =
  DIALECT === "postgres"
    ? new pg.Client({ connectionString: DATABASE_URL })
    : await createConnection(DATABASE_URL);
if (DIALECT === "postgres") await connection.connect();
const rows = async (sql) => {
  const result = await connection.query(sql);
  return DIALECT === "postgres" ? result.rows : result[0];
};
const [wanted] = process.argv.slice(2);
if (wanted === "drop") {
  await rows("drop table connect_pets");
} else {
  const found = await rows("select 1 from information_schema.tables where table_name = 'connect_pets'");
  if (found.length !== Number(wanted)) throw new Error(`${found.length} tables instead of ${wanted}`);
}
if (wanted !== "1") {
  const quote = DIALECT === "postgres" ? '"' : "`";
  for (const table of OF_TOOLS) await rows(`drop table if exists ${quote}${table}${quote}`);
  if (DIALECT === "postgres") await rows("drop schema if exists drizzle cascade");
}
await connection.end();
