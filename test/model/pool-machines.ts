import type { Places } from "./follow-events.js";
import type { Machine } from "./machine.js";

/** A place in the pool of a driver or of Sequelize. Pools report neither what they keep nor what they close in order. */
const pooledConnectionMachine: Machine<"empty" | "open" | "removed" | "gone"> = {
  initial: "empty",
  resting: ["empty", "open"],
  gone: "gone",
  transitions: [
    { from: "empty", on: "attempt fails", to: "empty", emits: "retry" },
    { from: "empty", on: "failure", to: "empty", emits: "failure" },
    { from: "empty", on: "login", to: "open", emits: "connect" },
    { from: "open", on: "ping", to: "open", emits: "validate" },
    { from: "open", on: "destroy", to: "empty", emits: "discard" },
    { from: "open", on: "close", to: "empty", leaves: "removed" },
    { from: "removed", on: "forget", to: "gone" },
    // The pool removed it while it was being validated.
    { from: "removed", on: "destroy", to: "gone", emits: "discard" },
  ],
};

/** In Sequelize's pool a connection is validated before a caller has it, and destroyed with its invocation meanwhile. */
const sequelizeConnectionMachine: Machine<"empty" | "open" | "removed" | "destroyed" | "gone"> = {
  ...pooledConnectionMachine,
  transitions: [
    ...pooledConnectionMachine.transitions,
    { from: "open", on: "destroy", to: "destroyed", emits: "discard" },
    { from: "destroyed", on: "ping", to: "empty", emits: "validate" },
  ],
};

/** An invocation that uses Sequelize. After an early timeout its end is not reported. */
const sequelizeInvocationMachine: Machine<"none" | "running" | "gone"> = {
  initial: "none",
  resting: ["none"],
  gone: "gone",
  transitions: [
    { from: "none", on: "acquire", to: "running", emits: "acquire" },
    { from: "running", on: "release", to: "none", emits: "release" },
    { from: "running", on: "destroy", to: "none" },
  ],
};

/** A pool of a driver's. One more connection: the pool may open it before the last one is closed on both sides. */
export function poolPlaces(connections: number): readonly Places[] {
  return [{ machine: pooledConnectionMachine, count: connections + 1 }];
}

/** A Sequelize under the middleware, with so many connections and invocations at once. */
export function sequelizePlaces(connections: number, invocations: number = connections): readonly Places[] {
  return [
    { machine: sequelizeConnectionMachine, count: connections },
    { machine: sequelizeInvocationMachine, count: invocations },
  ];
}
