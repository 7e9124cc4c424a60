import { bundleFunction } from "../bundle-function.js";
import { nodeVersion } from "../function-entry.js";
import { helpText, parseCommandLine } from "./command-line.js";
import { UsageError } from "./usage-error.js";

/** The output of the process that the command runs in. */
export interface Output {
  /** Writes to standard output. */
  write(text: string): void;
  /** Writes to standard error. */
  tell(text: string): void;
}

/**
 * Runs `rds-proxy-bundle`.
 *
 * @returns the exit code: 0 done, 1 failed, 2 for a wrong command line
 */
export async function runCommand(args: readonly string[], { write, tell }: Output): Promise<number> {
  try {
    const options = parseCommandLine(args);
    if (options === "help") {
      write(helpText);
      return 0;
    }
    const { missing } = await bundleFunction(options);
    if (options.format !== "esm") write(`The code cache is for Node.js ${nodeVersion()}.\n`);
    if (missing.length > 0)
      tell(
        `The bundle loads ${missing.join(", ")} from node_modules, by a computed name that no bundler can follow, and fails where ` +
          "only its folder is deployed. Sequelize takes its driver as `dialectModule`; name what a layer has by --external.\n",
      );
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      tell(`${error.message} See rds-proxy-bundle --help.\n`);
      return 2;
    }
    tell(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
