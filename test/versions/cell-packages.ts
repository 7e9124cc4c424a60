import { execFile } from "node:child_process";
import { copyFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { MatrixCell } from "./dimensions.js";
import { installPackages } from "./install-packages.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Packages that are installed together, apart from the project's own. */
export interface PackageGroup {
  readonly versions: Readonly<Record<string, string>>;
  /** The path of a module that has them in reach, with a function `load` that imports one by its name. */
  readonly importer: string;
}

export interface CellPackages {
  /** Those that do not come from the project. */
  readonly groups: readonly PackageGroup[];
  /** The path of the client that Prisma has generated for the example, without `.ts`. Undefined: the example's own. */
  readonly prismaClient?: string;
}

/** Installs what a cell needs beside the project's own packages. */
export async function installCellPackages({
  middy,
  pg,
  mysql2,
  kysely,
  sequelize,
  drizzle,
  prisma,
}: MatrixCell): Promise<CellPackages> {
  const groups: PackageGroup[] = [];
  const chosen = { "@middy/core": middy, pg, mysql2, kysely, sequelize, "drizzle-orm": drizzle };
  // All of them together if one is replaced: Sequelize and Drizzle load the drivers that are installed beside them, and Prisma's
  // adapter takes the driver of the tests, not its own.
  if ([...Object.values(chosen), prisma].some((version) => version !== "newest")) {
    const own = Object.entries(chosen).map(([name, version]) => [
      name,
      version === "newest" ? ownVersion(name) : version,
    ]);
    groups.push(await install(Object.fromEntries(own)));
  }
  if (prisma === "newest") return { groups };
  // Apart, so that these 300 MB are there once.
  const group = await install({ prisma, "@prisma/client": prisma, "@prisma/adapter-pg": prisma });
  return { groups: [...groups, group], prismaClient: await generateClient(dirname(group.importer)) };
}

async function install(versions: Readonly<Record<string, string>>): Promise<PackageGroup> {
  return { versions, importer: await installPackages(versions) };
}

function ownVersion(name: string): string {
  const { version }: { version: string } = createRequire(import.meta.url)(
    join(ROOT, "node_modules", name, "package.json"),
  );
  return version;
}

async function generateClient(folder: string): Promise<string> {
  await copyFile(join(ROOT, "examples/prisma/schema.prisma"), join(folder, "schema.prisma"));
  const program = join(folder, "node_modules/prisma/build/index.js");
  await promisify(execFile)(process.execPath, [program, "generate", "--schema", "schema.prisma"], {
    cwd: folder,
    // It would download an engine, which generating does not need.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath },
  });
  return join(folder, "generated/client");
}
