import { relations } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  date,
  doublePrecision,
  integer,
  interval,
  json,
  jsonb,
  numeric,
  pgEnum,
  pgTable,
  pgView,
  point,
  real,
  smallint,
  text,
  time,
  timestamp,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";

// What the programs of Drizzle on PostgreSQL work on.

export const people = pgTable("people", {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  fullName: text("full_name").notNull().unique(),
  age: integer(),
});

export const pets = pgTable("pets", {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: varchar({ length: 60 }).notNull(),
  ownerId: integer("owner_id").references(() => people.id),
  species: text({ enum: ["cat", "dog"] }).notNull(),
});

export const peopleRelations = relations(people, ({ many }) => ({ pets: many(pets) }));
export const petsRelations = relations(pets, ({ one }) => ({
  owner: one(people, { fields: [pets.ownerId], references: [people.id] }),
}));

const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });

export const mood = pgEnum("mood", ["sad", "ok"]);

export const values = pgTable("values_of_types", {
  id: integer().primaryKey(),
  small: smallint(),
  big: bigint({ mode: "number" }),
  huge: bigint({ mode: "bigint" }),
  exact: numeric({ precision: 30, scale: 10 }),
  exactNumber: numeric("exact_number", { mode: "number" }),
  single: real(),
  double: doublePrecision(),
  yes: boolean(),
  at: timestamp({ withTimezone: true }),
  atText: timestamp("at_text", { withTimezone: true, mode: "string" }),
  local: timestamp(),
  localText: timestamp("local_text", { mode: "string", precision: 3 }),
  day: date(),
  dayDate: date("day_date", { mode: "date" }),
  clock: time(),
  span: interval(),
  plain: json(),
  binaryJson: jsonb("binary_json"),
  bytes: bytes(),
  key: uuid(),
  feeling: mood(),
  tags: text().array(),
  days: date().array(),
  spot: point(),
});

export const olderPeople = pgView("older_people", {
  id: integer(),
  fullName: text("full_name"),
}).existing();
