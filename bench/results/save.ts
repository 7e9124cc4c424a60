import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import type { Plot } from "./plots.js";

/** Writes the results as JSON, and the plots. */
export async function save(
  folder: URL,
  name: string,
  results: Readonly<Record<string, unknown>>,
  plots: readonly Plot[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const document = { command: commandLine(), date: new Date().toISOString(), machine: machine(), ...results };
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(document, undefined, 2)}\n`);
  for (const { fileName, svg } of plots) await writeFile(new URL(fileName, folder), `${svg}\n`);
}

/** The command that repeats the measurement. */
function commandLine(): string {
  const script = process.env["npm_lifecycle_event"] ?? "bench";
  return [`npm run ${script} --`, ...process.argv.slice(2)].join(" ");
}

function machine(): Readonly<Record<string, unknown>> {
  const processors = cpus();
  return {
    node: process.version,
    platform: `${process.platform} ${release()}`,
    processors: `${processors.length} × ${processors[0]?.model ?? "unknown"}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
