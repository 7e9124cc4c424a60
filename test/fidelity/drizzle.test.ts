import { compare } from "./compare.js";
import { drizzleMysqlPrograms } from "./programs/drizzle-mysql.js";
import { drizzlePostgresPrograms } from "./programs/drizzle-postgres.js";
import { drizzleMysql2, drizzlePostgres } from "./sides/drizzle.js";

compare(drizzlePostgres, drizzlePostgresPrograms);
compare(drizzleMysql2, drizzleMysqlPrograms);
