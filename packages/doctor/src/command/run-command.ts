import { type Runtime, systemRuntime } from "@rds-proxy/core/internal";
import { diagnose } from "../diagnose.js";
import { formatReport } from "../format-report.js";
import { parseCommandLine } from "./command-line.js";
import { flagOf, helpText } from "./flags.js";
import type { Output } from "./output.js";
import { runPinsCommand } from "./pins-command.js";
import { runProbeCommand } from "./probe-command.js";
import { UsageError } from "./usage-error.js";

/**
 * Runs `rds-proxy-doctor`.
 *
 * @returns the exit code: 0 healthy, 1 not healthy, 2 for a wrong command line; of `pins`, 0 none found, 1 some found; of
 *   `probe`, 0 probed, 1 not
 */
export async function runCommand(
  args: readonly string[],
  { write, tell, hasColors = false }: Output,
  runtime: Runtime = systemRuntime,
): Promise<number> {
  const [first, ...others] = args;
  const subcommand = first === "pins" || first === "probe" ? `${first} ` : "";
  try {
    if (first === "pins") return await runPinsCommand(others, write);
    if (first === "probe") return await runProbeCommand(others, { write, tell, hasColors }, runtime);
    const command = await parseCommandLine(args);
    if (command === "help") {
      write(helpText);
      return 0;
    }
    const report = await diagnose(command.options, runtime, flagOf);
    write(
      command.isJson
        ? `${JSON.stringify(report, undefined, 2)}\n`
        : formatReport(report, { color: hasColors }),
    );
    return report.isHealthy ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    tell(`${error.message} See rds-proxy-doctor ${subcommand}--help.\n`);
    return 2;
  }
}
