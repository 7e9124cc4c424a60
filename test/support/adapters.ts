import { fileURLToPath } from "node:url";

/**
 * The adapters whose handlers run in processes of their own: one more is a line here and a file in `handlers/`. `over` is
 * the adapter whose connections an ORM works on.
 */
export const adapters = [
  { name: "pg", engine: "postgres", handlerFile: handlerFile("pg"), over: undefined },
  { name: "mysql2", engine: "mysql", handlerFile: handlerFile("mysql2"), over: undefined },
  { name: "kysely-postgres", engine: "postgres", handlerFile: handlerFile("kysely-postgres"), over: "pg" },
  { name: "kysely-mysql", engine: "mysql", handlerFile: handlerFile("kysely-mysql"), over: "mysql2" },
  { name: "drizzle-postgres", engine: "postgres", handlerFile: handlerFile("drizzle-postgres"), over: "pg" },
  { name: "drizzle-mysql", engine: "mysql", handlerFile: handlerFile("drizzle-mysql"), over: "mysql2" },
  {
    name: "sequelize-postgres",
    engine: "postgres",
    handlerFile: handlerFile("sequelize-postgres"),
    over: "pg",
  },
  { name: "sequelize-mysql", engine: "mysql", handlerFile: handlerFile("sequelize-mysql"), over: "mysql2" },
] as const;

/** The pools, which know nothing of invocations and their timeouts. */
export const pools = [
  { name: "pg-pool", engine: "postgres", handlerFile: handlerFile("pg-pool"), isPool: true },
  { name: "mysql2-pool", engine: "mysql", handlerFile: handlerFile("mysql2-pool"), isPool: true },
] as const;

export type TestedAdapter = (typeof adapters)[number];

/** The one among `all` whose name was given on a command line, or all. */
export function chooseAdapters<Tested extends { readonly name: string }>(
  name: string | undefined,
  all: readonly Tested[],
): readonly Tested[] {
  if (name === undefined) return all;
  const chosen = all.filter((adapter) => adapter.name === name);
  if (chosen.length > 0) return chosen;
  throw new Error(`--adapter: expected one of ${all.map((adapter) => adapter.name).join(", ")}, got ${name}`);
}

function handlerFile(name: string): string {
  return fileURLToPath(new URL(`handlers/${name}.ts`, import.meta.url));
}
