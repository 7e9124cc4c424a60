import { type ConnectFault, connectFaults } from "../faults/faults.js";
import { UsageError } from "./usage-error.js";

/**
 * Parses the value of `--faults`, such as `exhausted:3,reset-after-password`.
 *
 * @throws UsageError that names the unknown fault or the bad count
 */
export function parseFaults(list: string): { readonly fault: ConnectFault; readonly times: number }[] {
  return list.split(",").map((part) => {
    const [name, times = "1", ...rest] = part.trim().split(":");
    const fault = connectFaults.find((known) => known === name);
    if (fault === undefined) {
      throw new UsageError(
        `--faults: expected one of ${connectFaults.join(", ")}, got ${JSON.stringify(name)}.`,
      );
    }
    if (!/^[1-9]\d*$/.test(times) || rest.length > 0) {
      throw new UsageError(
        `--faults: expected a count from 1, such as ${fault}:3, got ${JSON.stringify(part)}.`,
      );
    }
    return { fault, times: Number(times) };
  });
}
