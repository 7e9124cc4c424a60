import { type Deadline, within } from "../time/deadline.js";
import type { Driver } from "./driver.js";

/**
 * Says goodbye to the server. Whatever comes of that, the connection is closed afterwards.
 *
 * @returns whether it was closed in order, and in time
 */
export async function endGracefully<Connection extends object>(
  driver: Pick<Driver<Connection, unknown>, "end" | "destroy">,
  connection: Connection,
  deadline: Deadline,
): Promise<boolean> {
  try {
    await within(driver.end(connection), deadline, () => new Error("no answer to the goodbye in time"));
    return true;
  } catch {
    driver.destroy(connection);
    return false;
  }
}
