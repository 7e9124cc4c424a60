import { relations } from "drizzle-orm";
import {
  bigint,
  binary,
  boolean,
  date,
  datetime,
  decimal,
  double,
  float,
  int,
  json,
  mysqlEnum,
  mysqlTable,
  mysqlView,
  serial,
  smallint,
  text,
  time,
  timestamp,
  varchar,
  year,
} from "drizzle-orm/mysql-core";

// What the programs of Drizzle on MySQL and MariaDB work on.

export const people = mysqlTable("people", {
  id: int().primaryKey().autoincrement(),
  fullName: varchar("full_name", { length: 60 }).notNull().unique(),
  age: int(),
});

export const pets = mysqlTable("pets", {
  id: serial().primaryKey(),
  name: varchar({ length: 60 }).notNull(),
  ownerId: int("owner_id").references(() => people.id),
  species: mysqlEnum(["cat", "dog"]).notNull(),
});

export const peopleRelations = relations(people, ({ many }) => ({ pets: many(pets) }));
export const petsRelations = relations(pets, ({ one }) => ({
  owner: one(people, { fields: [pets.ownerId], references: [people.id] }),
}));

export const values = mysqlTable("values_of_types", {
  id: int().primaryKey(),
  small: smallint(),
  big: bigint({ mode: "number" }),
  huge: bigint({ mode: "bigint" }),
  hugeUnsigned: bigint("huge_unsigned", { mode: "bigint", unsigned: true }),
  exact: decimal({ precision: 30, scale: 10 }),
  exactNumber: decimal("exact_number", { precision: 10, scale: 2, mode: "number" }),
  single: float(),
  double: double(),
  yes: boolean(),
  at: timestamp({ fsp: 3 }),
  atText: timestamp("at_text", { mode: "string" }),
  local: datetime({ fsp: 3 }),
  localText: datetime("local_text", { mode: "string" }),
  day: date(),
  dayText: date("day_text", { mode: "string" }),
  clock: time(),
  born: year(),
  document: json(),
  bytes: binary({ length: 4 }),
  feeling: mysqlEnum(["sad", "ok"]),
  long: text(),
});

export const olderPeople = mysqlView("older_people", {
  id: int(),
  fullName: varchar("full_name", { length: 60 }),
}).existing();
