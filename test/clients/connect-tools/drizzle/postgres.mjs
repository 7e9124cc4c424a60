import { integer, pgTable } from "drizzle-orm/pg-core";

export const pets = pgTable("connect_pets", { id: integer("id") });
