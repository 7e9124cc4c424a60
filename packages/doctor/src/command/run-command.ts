import { type Runtime, systemRuntime } from "@rds-proxy/core";
import { diagnose } from "../diagnose.js";
import { formatReport } from "../format-report.js";
import { parseCommandLine } from "./command-line.js";
import { flagOf, helpText } from "./flags.js";
import { UsageError } from "./usage-error.js";

/** Where the command writes: the report, and what is wrong with the command itself. */
export interface Output {
  write(text: string): void;
  tell(text: string): void;
}

/** Runs `rds-proxy-doctor`. Gives its exit code: 0 healthy, 1 not, 2 for wrong usage. */
export async function runCommand(
  args: readonly string[],
  { write, tell }: Output,
  runtime: Runtime = systemRuntime,
): Promise<number> {
  try {
    const command = await parseCommandLine(args);
    if (command === "help") {
      write(helpText);
      return 0;
    }
    const report = await diagnose(command.options, runtime, flagOf);
    write(command.isJson ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report));
    return report.isHealthy ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    tell(`${error.message} See rds-proxy-doctor --help.\n`);
    return 2;
  }
}
