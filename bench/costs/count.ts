import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { lambdaVariables } from "@rds-proxy/lambda-kit/environment";
import type { Side } from "../side.js";
import type { Costs } from "./costs.js";

const run = promisify(execFile);

/** Longer than a cold start takes whose instructions are counted, on a busy computer. */
const TIMEOUT_MS = 300_000;

/**
 * Heap bytes are counted without a garbage collection in between, and without optimised code, which leaves out some allocations
 * once V8 has compiled it.
 */
const COUNTING_BYTES = [
  "--single-threaded",
  "--min-semi-space-size=256",
  "--max-semi-space-size=256",
  "--no-opt",
  "--no-maglev",
];

/** What a cold start reads of a bundle. */
export function countFiles({ bundle }: Side): Costs {
  return { "files of a cold start": bundle.eagerFiles, "bytes of these": bundle.eagerBytes };
}

/** @param program the bundled counting process */
export async function countWarm(side: Side, program: string): Promise<Costs> {
  const count = async (work: string, flags: readonly string[]): Promise<Readonly<Record<string, number>>> => {
    const args = [...flags, program, work, side.bundle.file];
    const { stdout } = await run(process.execPath, args, {
      env: await environmentOf(side),
      timeout: TIMEOUT_MS,
    });
    return JSON.parse(stdout);
  };
  const { bytes = Number.NaN } = await count("bytes", COUNTING_BYTES);
  const resources = await count("resources", []);
  // Some come once in a thousand invocations, such as random bytes; a turn is sometimes shared.
  const numberOf = (type: string): number => Math.round(resources[type] ?? 0);
  return {
    "heap bytes of an invocation": Math.round(bytes),
    promises: numberOf("PROMISE"),
    ticks: numberOf("TickObject"),
    immediates: numberOf("Immediate"),
    timers: numberOf("Timeout"),
    writes: numberOf("WRITEWRAP"),
    "turns of the event loop": numberOf("turns"),
  };
}

/** Whether instructions can be counted on this computer. */
export async function hasValgrind(): Promise<boolean> {
  return await run("valgrind", ["--version"]).then(
    () => true,
    () => false,
  );
}

/**
 * Instructions of the main thread of a cold start, by Valgrind's Callgrind: until the bundle is loaded, and until the first
 * invocation has its answer. V8 draws numbers that change its hash tables, so the least of a few runs counts.
 *
 * Not with `--single-threaded`, under which V8 rejects code caches, Node's own included.
 */
export async function countInstructions(side: Side, program: string): Promise<Costs> {
  const least = async (work: string): Promise<number> => {
    const counts: number[] = [];
    for (let index = 0; index < RUNS; index++) counts.push(await instructionsOf(side, program, work));
    return Math.min(...counts) / 1e6;
  };
  return {
    "million instructions until loaded": await least("load"),
    "million instructions until answered": await least("first invocation"),
  };
}

const RUNS = 2;

async function instructionsOf(side: Side, program: string, work: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-costs-"));
  try {
    const file = join(folder, "callgrind");
    const args = ["--tool=callgrind", "--separate-threads=yes", `--callgrind-out-file=${file}`];
    const counted = [process.execPath, "--single-threaded-gc", program, work, side.bundle.file];
    await run("valgrind", [...args, ...counted], { env: await environmentOf(side), timeout: TIMEOUT_MS });
    const [, total] = /^summary: (\d+)$/m.exec(await readFile(`${file}-01`, "utf8")) ?? [];
    if (total === undefined) throw new Error("Callgrind has written no sum for the main thread");
    return Number(total);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function environmentOf(side: Side): Promise<Readonly<Record<string, string>>> {
  return { ...lambdaVariables, ...(await side.variables()) };
}
