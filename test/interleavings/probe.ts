import { codeOf } from "./leases.js";
import type { Stage } from "./run-schedule.js";
import type { Link } from "./simulated-server.js";
import { Violation } from "./violation.js";

/** A connection that the probe took. */
export interface Taken {
  readonly db: Pick<Link, "id">;
  release(): Promise<void> | void;
}

/**
 * Takes as many connections as there may be, and another one in vain: no slot is lost, and none was added.
 *
 * @param take fails within a limited time if no connection is free
 */
export async function probe(
  { scheduler, server, handOuts, maxConnections }: Stage,
  take: () => Promise<Taken>,
): Promise<void> {
  server.faults.length = 0;
  const asked = scheduler.moment;
  const takeOne = async (_: unknown, index: number): Promise<{ taken: Taken; link: Link; name: string }> => {
    const taken = await take();
    const link = server.links.find(({ id }) => id === taken.db.id);
    if (!link) throw new Violation("dirty", "the probe got something that is no connection");
    const name = `probe ${index}`;
    handOuts.handOut(link, name, asked);
    return { taken, link, name };
  };
  const all = await Promise.all(Array.from({ length: maxConnections }, takeOne)).catch((error: unknown) => {
    if (error instanceof Violation) throw error;
    throw new Violation("lost slot", `after the program not all connections can be had: ${String(error)}`);
  });
  const further = await take().then(
    () => undefined,
    (error: unknown) => codeOf(error),
  );
  if (further !== "RDS_PROXY_NO_FREE_CONNECTION") {
    throw new Violation("count", `one connection too many can be had, or none: ${String(further)}`);
  }
  for (const { taken, link, name } of all) {
    handOuts.takeBack(link, name);
    await taken.release();
  }
}
