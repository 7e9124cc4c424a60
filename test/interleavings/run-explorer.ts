import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Order, Report } from "./order.js";

/** The most that a report contains, in bytes. */
const MOST_OUTPUT = 64 * 1024 * 1024;

/** Runs the bundled explorer in a process of its own. */
export async function runExplorer(file: string, order: Order): Promise<Report> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--enable-source-maps", file, JSON.stringify(order)],
    { maxBuffer: MOST_OUTPUT },
  );
  return JSON.parse(stdout);
}
