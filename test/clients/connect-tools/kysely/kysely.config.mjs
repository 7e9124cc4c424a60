import { MysqlDialect, PostgresDialect } from "kysely";
import { defineConfig } from "kysely-ctl";
import { createPool } from "mysql2";
import pg from "pg";

const { DATABASE_URL, DIALECT } = process.env;
export default defineConfig({
  dialect:
    DIALECT === "postgres"
      ? new PostgresDialect({ pool: new pg.Pool({ connectionString: DATABASE_URL }) })
      : new MysqlDialect({ pool: createPool(DATABASE_URL) }),
  migrations: { migrationFolder: "migrations", allowJS: true },
});
