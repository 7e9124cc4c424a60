import { int, mysqlTable } from "drizzle-orm/mysql-core";

export const pets = mysqlTable("connect_pets", { id: int("id") });
