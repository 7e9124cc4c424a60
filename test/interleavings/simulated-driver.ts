import {
  createRevocableView,
  type Driver,
  leaseEnded,
  type ResolvedRdsProxyOptions,
  SessionWatch,
  ViewListeners,
} from "@rds-proxy/core/adapter";
import { clocks } from "./owned-globals.js";
import { type Link, PING, ROLLBACK, type SimulatedServer } from "./simulated-server.js";

/** A driver of the simulated server, with views as the real drivers have them. */
export function simulatedDriver(
  server: SimulatedServer,
  options: ResolvedRdsProxyOptions,
): Driver<Link, Link> {
  const { clock } = options.runtime;
  const sinceMs = (wallMs: number): number => clock.steadyMs() - (clocks.wallMs - wallMs);
  return {
    connect: ({ deadline }) => server.logIn(deadline, () => new SessionWatch(options)),
    stateOf: ({ state }) => state,
    connectedAt: ({ connectedAtWallMs }) => sinceMs(connectedAtWallMs),
    lastUsedAt: ({ lastUsedAtWallMs }) => sinceMs(lastUsedAtWallMs),
    isInTurnOfLastUse: ({ turnOfLastUse }) => turnOfLastUse.isCurrent,
    sessionOf: (link) => link.session ?? new SessionWatch(options),
    ping: (link, deadline) => link.queryWithin(PING, deadline),
    rollback: (link, deadline) => link.queryWithin(ROLLBACK, deadline),
    createView(link) {
      const listeners = new ViewListeners(link, () => view.db);
      const view = createRevocableView<Link>(link, {
        replacementOf: (property) => listeners.member(property),
        refuse(property) {
          if (property === "query") return Promise.reject(leaseEnded());
          throw leaseEnded();
        },
        cleanUp: () => listeners.cleanUp(),
      });
      return view;
    },
    ref(link) {
      link.isRef = true;
    },
    unref(link) {
      link.isRef = false;
    },
    destroy: (link) => link.destroy(),
    end: (link) => link.end(),
  };
}
