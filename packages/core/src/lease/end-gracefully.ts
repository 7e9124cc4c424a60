import { type Deadline, succeedsWithin } from "../time/deadline.js";
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
  // An async function, because a driver may also throw.
  const end = async (): Promise<void> => driver.end(connection);
  const isEnded = await succeedsWithin(end(), deadline);
  if (!isEnded) driver.destroy(connection);
  return isEnded;
}
