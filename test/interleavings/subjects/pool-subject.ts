import type { Places } from "../../model/follow-events.js";
import type { Actor, Subject } from "../actors.js";
import { Leases } from "../leases.js";
import { probe } from "../probe.js";
import type { Stage } from "../run-schedule.js";
import type { Link } from "../simulated-server.js";
import { Violation } from "../violation.js";

/** A pool of a driver's. */
export interface Pool {
  take(): Promise<{ readonly client: object; release(error?: Error): void }>;
  end(): Promise<void>;
  readonly machines: readonly Places[];
}

/** Users of a pool, each with a connection of its own at a time. */
export function poolSubject(stage: Stage, pool: Pool): Subject {
  const { faults, handOuts, server } = stage;
  handOuts.isPool = true;
  const leases = new Leases(stage);
  const taken = new Map<Actor, Awaited<ReturnType<Pool["take"]>>>();
  let ended: Promise<void> | undefined;

  const linkOf = (client: object): Link => {
    const link = server.links.find((each) => each === client);
    if (!link) throw new Violation("dirty", "the pool gave something that is no connection");
    return link;
  };
  const end = (): Promise<void> => {
    ended ??= pool.end();
    // A pool waits for ever for a server that is silent.
    return faults.has("silence") ? Promise.resolve() : ended;
  };

  return {
    machines: pool.machines,
    step(actor, name) {
      const used = leases.use(actor, name);
      if (used) return used;
      switch (name) {
        case "connect":
          return leases.acquire(actor, async () => {
            const one = await pool.take();
            taken.set(actor, one);
            return linkOf(one.client);
          });
        case "release":
        case "release-error":
          leases.forget(actor);
          taken.get(actor)?.release(name === "release" ? undefined : new Error("the user's"));
          taken.delete(actor);
          return undefined;
        // Not awaited: it waits for the users.
        case "close":
          void end();
          return undefined;
        default:
          throw new Error(`pools: no step "${name}"`);
      }
    },
    async probe() {
      if (faults.has("close")) return;
      await probe(stage, async () => {
        const one = await pool.take();
        return { db: linkOf(one.client), release: () => one.release() };
      });
    },
    close: end,
  };
}
