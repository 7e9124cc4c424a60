import { deadlineIn } from "@rds-proxy/core/adapter";
import { ConnectionTurns } from "@rds-proxy/core/internal";
import type { Actor } from "../actors.js";
import { codeOf } from "../leases.js";
import type { CreateSubject } from "../run-schedule.js";
import { simulatedOptions } from "../simulated-options.js";
import { Violation } from "../violation.js";

/** Of the invocation, in milliseconds. */
const LIMIT_MS = 20_000;

/** `ConnectionTurns`: the queries of one invocation's query builder take turns on its connection. */
export const turns: CreateSubject = ({ faults, scheduler }) => {
  const options = simulatedOptions(1);
  const { clock } = options.runtime;
  const queue = new ConnectionTurns(options, deadlineIn(LIMIT_MS, clock), "Await each query.");
  const aborts = new Map<Actor, AbortController>();
  const asked: Actor[] = [];
  let holder: Actor | undefined;

  const take = async (actor: Actor): Promise<void> => {
    const abort = new AbortController();
    aborts.set(actor, abort);
    asked.push(actor);
    try {
      await queue.acquire(abort.signal);
    } catch (error) {
      asked.splice(asked.indexOf(actor), 1);
      actor.gaveUp = true;
      checkRefusal(actor, error);
      return;
    }
    if (holder) throw new Violation("exclusive", `${actor.name} got the turn while ${holder.name} had it`);
    if (asked[0] !== actor)
      throw new Violation("order", `${actor.name} got the turn before ${asked[0]?.name}`);
    holder = actor;
  };
  const checkRefusal = (actor: Actor, error: unknown): void => {
    const code = codeOf(error);
    const isExpected =
      (code === "RDS_PROXY_LEASE_ENDED" && faults.has("close")) ||
      (code === "RDS_PROXY_NO_FREE_CONNECTION" && holder !== undefined) ||
      aborts.get(actor)?.signal.aborted;
    if (!isExpected) throw new Violation("waiting", `${actor.name} got no turn: ${String(error)}`);
  };
  const give = (actor: Actor): void => {
    if (holder !== actor) return;
    holder = undefined;
    asked.splice(asked.indexOf(actor), 1);
    queue.release();
  };
  return {
    step(actor, name) {
      switch (name) {
        case "take":
          return take(actor);
        // Something between that takes time.
        case "use":
          return new Promise((resolve) => scheduler.offer(`${actor.name} is answered`, resolve));
        case "give":
          return give(actor);
        case "abort":
          for (const abort of aborts.values()) abort.abort(new Error("aborted by the program"));
          return undefined;
        // In one event: the next one has been served, and does not know it yet.
        case "give+abort": {
          give(actor);
          const [next] = asked;
          if (next) aborts.get(next)?.abort(new Error("aborted by the program"));
          return undefined;
        }
        case "close":
          return queue.close();
        default:
          throw new Error(`turns: no step "${name}"`);
      }
    },
    async probe() {
      if (faults.has("close")) return;
      await queue.acquire();
      queue.release();
    },
    close: async () => queue.close(),
  };
};
