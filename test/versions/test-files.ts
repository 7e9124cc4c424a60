import type { MatrixCell } from "./dimensions.js";

/** The test files that say something in a cell. */
export function testFiles(cell: MatrixCell): readonly string[] {
  const files = ["test/versions/cell.version.ts", ...conformanceFiles(cell), ...fidelityFiles(cell)];
  return exampleFolders(cell).length > 0 ? [...files, "examples/examples.test.ts"] : files;
}

/** The examples whose library has another version in a cell than in their own tests. */
export function exampleFolders({ drizzle, prisma }: MatrixCell): readonly string[] {
  return [
    ...(drizzle === "newest" ? [] : ["drizzle-postgres", "drizzle-mysql"]),
    ...(prisma === "newest" ? [] : ["prisma"]),
  ];
}

function conformanceFiles({ quoting }: MatrixCell): readonly string[] {
  const suites = ["pg", "mysql2"];
  suites.push("kysely-postgres", "kysely-mysql", "drizzle-postgres", "drizzle-mysql", "sequelize-mysql");
  // Where a server has standard_conforming_strings off, Sequelize sends a SET at each login, and that pins.
  if (quoting === "default") suites.push("sequelize-postgres");
  return suites.map((name) => `test/conformance/${name}.test.ts`);
}

// Older drivers and ORMs have faults that later ones do not have, and the programs use what has come since.
function fidelityFiles({
  zone,
  quoting,
  pg,
  mysql2,
  kysely,
  sequelize,
  drizzle,
}: MatrixCell): readonly string[] {
  const names: string[] = [];
  const isNewest = pg === "newest" && mysql2 === "newest";
  if (pg === "newest") names.push("pg");
  // What mysql2 itself writes is wrong under NO_BACKSLASH_ESCAPES, and ours is right.
  if (mysql2 === "newest" && quoting === "default") names.push("mysql2");
  if (isNewest && kysely !== "0.28.0" && quoting === "default") names.push("kysely");
  // The programs are written for 0.45.
  if (isNewest && !drizzle.startsWith("1.") && quoting === "default") names.push("drizzle");
  // Without `timezone`, Sequelize sets UTC in each session of MySQL, and the adapter leaves the server's zone.
  if (isNewest && sequelize === "newest" && quoting === "default" && zone === "utc") names.push("sequelize");
  return names.map((name) => `test/fidelity/${name}.test.ts`);
}
