import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { type CellPackages, installCellPackages } from "./cell-packages.js";
import type { MatrixCell } from "./dimensions.js";
import { startServers } from "./start-servers.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What Vitest's process needs to know of its cell. */
export interface CellSetup {
  readonly cell: MatrixCell;
  readonly postgres: DatabaseServer;
  readonly mysql: DatabaseServer;
  readonly packages: CellPackages;
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
  const packages = await installCellPackages(cell);
  const { postgres, mysql } = await startServers(cell);
  try {
    return await runVitest({ cell, postgres, mysql, packages }, args);
  } finally {
    await Promise.all([postgres.stop(), mysql.stop()]);
  }
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
