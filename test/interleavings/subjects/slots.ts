import { createConnectionSlots, deadlineIn, type Lease } from "@rds-proxy/core/adapter";
import { slotMachine } from "../../model/slot-machine.js";
import type { Actor } from "../actors.js";
import { Leases } from "../leases.js";
import { probe } from "../probe.js";
import type { CreateSubject } from "../run-schedule.js";
import { simulatedDriver } from "../simulated-driver.js";
import { simulatedOptions } from "../simulated-options.js";
import type { Link } from "../simulated-server.js";

/** Long enough for a queue, and short enough to pass in some programs. */
const BUDGET_MS = { acquire: 10_000, hurry: 50 };
const RELEASE_MS = 2000;

/** `createConnectionSlots()`: slots, leases, the prefetch, fitness, rollback. */
export const slots: CreateSubject = (stage) => {
  const { maxConnections, server, faults, handOuts } = stage;
  const options = simulatedOptions(maxConnections);
  const { clock } = options.runtime;
  const resource = createConnectionSlots(simulatedDriver(server, options), options);
  const leases = new Leases(stage);
  const held = new Map<Actor, Lease<Link>>();

  const acquire = (actor: Actor, budgetMs: number): Promise<void> =>
    leases.acquire(actor, async () => {
      const lease = await resource.acquire(deadlineIn(budgetMs, clock));
      held.set(actor, lease);
      return lease.db;
    });
  const release = async (actor: Actor): Promise<void> => {
    await held.get(actor)?.release(deadlineIn(RELEASE_MS, clock));
  };

  return {
    machines: [{ machine: slotMachine, count: maxConnections }],
    step(actor, name) {
      const used = leases.use(actor, name);
      if (used) return used;
      switch (name) {
        case "acquire":
        case "hurry":
          return acquire(actor, BUDGET_MS[name]);
        case "release":
          return leases.end(actor, () => release(actor));
        case "destroy":
          return leases.end(actor, () => held.get(actor)?.destroy("destroyed by the program"));
        // Two ends at once, of which only the first counts.
        case "release+destroy":
          return leases.end(actor, () => {
            const released = release(actor);
            held.get(actor)?.destroy("destroyed by the program");
            return released;
          });
        case "release+release":
          return leases.end(actor, async () => {
            await Promise.all([release(actor), release(actor)]);
          });
        case "prefetch":
          handOuts.extraLogins = 1;
          return resource.prefetch();
        case "close-idle":
          return resource.closeIdle();
        case "close":
          return leases.endAll(() => resource.close());
        default:
          throw new Error(`slots: no step "${name}"`);
      }
    },
    async probe() {
      if (faults.has("close")) return;
      await probe(stage, async () => {
        const lease = await resource.acquire(deadlineIn(BUDGET_MS.acquire, clock));
        return { db: lease.db, release: () => lease.release(deadlineIn(RELEASE_MS, clock)) };
      });
    },
    close: () => resource.close(),
  };
};
