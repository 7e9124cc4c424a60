import { type Deadline, within } from "../time/deadline.js";
import type { Driver } from "./driver.js";

/**
 * Closes gracefully; destroys the connection if that fails or times out.
 *
 * @returns whether it was closed gracefully
 */
export async function endGracefully<Connection extends object>(
  driver: Pick<Driver<Connection, unknown>, "end" | "destroy">,
  connection: Connection,
  deadline: Deadline,
): Promise<boolean> {
  try {
    await within(driver.end(connection), deadline, () => new Error("not closed in time"));
    return true;
  } catch {
    driver.destroy(connection);
    return false;
  }
}
