import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import type { MatrixCell } from "./dimensions.js";
import { installPackages } from "./install-packages.js";
import { startServers } from "./start-servers.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What Vitest's process needs to know of its cell. */
export interface CellSetup {
  readonly cell: MatrixCell;
  readonly postgres: DatabaseServer;
  readonly mysql: DatabaseServer;
  /** Versions by package, and the path of a module from which they are imported. Undefined: all are the project's own. */
  readonly packages?: { readonly versions: Readonly<Record<string, string>>; readonly importer: string };
}

/** Has a `CellSetup` as JSON. */
const SETUP_VARIABLE = "VERSIONS_CELL";

/** Limits of what Node.js offers and accepts, for the local proxy and for its clients. */
const TLS_FLAGS: Readonly<Record<MatrixCell["tls"], string>> = {
  "1.2": "--tls-max-v1.2",
  "1.3": "--tls-min-v1.3",
};

/**
 * Runs the tests in a cell.
 *
 * @param args of Vitest
 * @returns whether all passed
 */
export async function runCell(cell: MatrixCell, args: readonly string[]): Promise<boolean> {
  const packages = await cellPackages(cell);
  const { postgres, mysql } = await startServers(cell);
  try {
    const setup: CellSetup = { cell, postgres, mysql, ...(packages ? { packages } : {}) };
    return await runVitest(setup, args);
  } finally {
    await Promise.all([postgres.stop(), mysql.stop()]);
  }
}

/** All of them together if one is replaced: Sequelize loads the drivers that are installed beside it. */
async function cellPackages(cell: MatrixCell): Promise<CellSetup["packages"]> {
  const { middy, pg, mysql2, kysely, sequelize } = cell;
  const wanted = { "@middy/core": middy, pg, mysql2, kysely, sequelize };
  if (Object.values(wanted).every((version) => version === "newest")) return undefined;
  const versions = Object.fromEntries(
    Object.entries(wanted).map(([name, version]) => [
      name,
      version === "newest" ? ownVersion(name) : version,
    ]),
  );
  return { versions, importer: await installPackages(versions) };
}

function ownVersion(name: string): string {
  const { version }: { version: string } = createRequire(import.meta.url)(
    join(ROOT, "node_modules", name, "package.json"),
  );
  return version;
}

/** Runs the cells of cells.ts, on the servers and the Node.js of all other tests. */
export async function runFixedCells(args: readonly string[]): Promise<boolean> {
  return await succeeds("node", vitestCommand("vitest.config.ts", args), process.env);
}

async function runVitest(setup: CellSetup, args: readonly string[]): Promise<boolean> {
  const { node, tls } = setup.cell;
  const command = ["node", ...vitestCommand("cell.vitest.config.ts", args)];
  return await succeeds("npm", ["exec", "--yes", `--package=node@${node}`, "--", ...command], {
    ...process.env,
    NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} ${TLS_FLAGS[tls]}`.trim(),
    [SETUP_VARIABLE]: JSON.stringify(setup),
  });
}

function vitestCommand(config: string, args: readonly string[]): readonly string[] {
  return ["node_modules/vitest/vitest.mjs", "run", "--config", `test/versions/${config}`, ...args];
}

async function succeeds(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const child = spawn(program, args, { cwd: ROOT, stdio: "inherit", env });
  const [code] = await once(child, "exit");
  return code === 0;
}
