/** One supported combination of versions: what replaces which package, and the conformance tests to run. */
export interface Cell {
  readonly name: string;
  /** The imported package and the development dependency that replaces it. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Files of `test/conformance`. */
  readonly suites: readonly string[];
  /** Files of this folder. Default: none. */
  readonly files?: readonly string[];
}

/** The oldest versions that the packages' peer dependencies allow, mysql2's last one before 3.22, and Drizzle's release candidate. The newest are in every run. */
export const cells: readonly Cell[] = [
  { name: "middy-6", aliases: { "@middy/core": "middy-6" }, suites: ["pg", "mysql2"] },
  { name: "pg-8.16", aliases: { pg: "pg-8.16" }, suites: ["pg"] },
  { name: "mysql2-3.15", aliases: { mysql2: "mysql2-3.15" }, suites: ["mysql2"] },
  { name: "mysql2-3.21", aliases: { mysql2: "mysql2-before-clear-password" }, suites: ["mysql2"] },
  { name: "kysely-0.28", aliases: { kysely: "kysely-0.28" }, suites: ["kysely-postgres", "kysely-mysql"] },
  {
    name: "drizzle-0.45.2",
    aliases: { "drizzle-orm": "drizzle-orm-0.45.2" },
    suites: ["drizzle-postgres", "drizzle-mysql"],
  },
  {
    name: "drizzle-1.0.0-rc.5",
    aliases: { "drizzle-orm": "drizzle-orm-1" },
    suites: ["drizzle-postgres", "drizzle-mysql"],
    files: ["drizzle-1.version.ts"],
  },
  {
    name: "sequelize-6.37.0",
    aliases: { sequelize: "sequelize-6.37" },
    suites: ["sequelize-postgres", "sequelize-mysql"],
  },
];
