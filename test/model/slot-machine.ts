import type { Machine } from "./machine.js";

type SlotState =
  | "empty"
  | "prefetching"
  | "prefetched"
  | "prefetch failed"
  | "adopting"
  | "opening"
  | "opened"
  | "idle"
  | "checking"
  | "leased"
  | "settling"
  | "rolling back"
  | "closing"
  | "closing the prefetch"
  | "abandoned"
  | "late"
  | "gone";

const isClean = "idle, no session state";
const isChanged = "idle, session state";

/**
 * One slot of `createConnectionSlots()`, with its connection and its lease: packages/core/src/lease/connection-slots.ts and
 * lease.ts.
 */
export const slotMachine: Machine<SlotState> = {
  initial: "empty",
  resting: ["empty", "prefetched", "prefetch failed", "idle"],
  gone: "gone",
  transitions: [
    { from: "empty", on: "acquire", to: "opening", whole: "open", takes: true },
    { from: "empty", on: "prefetch", to: "prefetching", whole: "open" },

    { from: "prefetching", on: "login", to: "prefetched", emits: "connect" },
    { from: "prefetching", on: "failure", to: "prefetch failed", emits: "failure" },
    { from: "prefetching", on: "acquire", to: "adopting", whole: "open", takes: true },
    { from: "prefetching", on: "close", to: "closing the prefetch" },
    { from: "prefetched", on: "acquire", to: "checking", whole: "open", takes: true },
    { from: "prefetched", on: "close", to: "closing" },
    { from: "prefetch failed", on: "acquire", to: "opening", whole: "open", takes: true },
    { from: "prefetch failed", on: "close", to: "empty", passes: true },
    { from: "adopting", on: "login", to: "checking", emits: "connect" },
    { from: "adopting", on: "failure", to: "opening", emits: "failure" },
    { from: "adopting", on: "too late", to: "opening", leaves: "abandoned" },
    { from: "closing the prefetch", on: "login", to: "closing", emits: "connect" },
    { from: "closing the prefetch", on: "failure", to: "empty", emits: "failure", passes: true },
    { from: "closing the prefetch", on: "too late", to: "empty", passes: true, leaves: "abandoned" },
    { from: "abandoned", on: "login", to: "late", emits: "connect" },
    { from: "abandoned", on: "failure", to: "gone", emits: "failure" },
    { from: "late", on: "destroy", to: "gone", emits: "discard", reason: "prefetched too late" },

    { from: "opening", on: "attempt fails", to: "opening", emits: "retry" },
    { from: "opening", on: "login", to: "opened", emits: "connect" },
    { from: "opening", on: "failure", to: "empty", emits: "failure", passes: true },
    { from: "opened", on: "lease", to: "leased", whole: "open", emits: "acquire" },
    { from: "opened", on: "refuse", to: "empty", emits: "discard", reason: "never leased", passes: true },

    { from: "idle", on: "acquire", to: "checking", whole: "open", takes: true },
    { from: "idle", on: "close", to: "closing" },
    { from: "checking", on: "ping", to: "checking", emits: "validate" },
    { from: "checking", on: "lease", if: "fit", to: "leased", whole: "open", emits: "acquire" },
    {
      from: "checking",
      on: "destroy",
      if: "not fit",
      to: "opening",
      emits: "discard",
      reason: "not fit for use after idling",
    },
    { from: "checking", on: "refuse", to: "empty", emits: "discard", reason: "never leased", passes: true },

    { from: "leased", on: "release", if: isClean, to: "idle", emits: "release", passes: true },
    {
      from: "leased",
      on: "release",
      if: isChanged,
      to: "empty",
      emits: "discard",
      reason: "session state",
      passes: true,
    },
    { from: "leased", on: "release", if: "answer under way", to: "settling" },
    { from: "leased", on: "release", if: "transaction open", to: "rolling back" },
    {
      from: "leased",
      on: "release",
      if: "query in flight, or lost",
      to: "empty",
      emits: "discard",
      passes: true,
    },
    { from: "leased", on: "destroy", to: "empty", emits: "discard", passes: true },
    { from: "settling", on: "answer ends", if: isClean, to: "idle", emits: "release", passes: true },
    { from: "settling", on: "answer ends", if: "transaction open", to: "rolling back" },
    { from: "settling", on: "answer ends", if: "otherwise", to: "empty", emits: "discard", passes: true },
    { from: "settling", on: "destroy", to: "empty", emits: "discard", passes: true },
    { from: "rolling back", on: "answer", if: isClean, to: "idle", emits: "release", passes: true },
    { from: "rolling back", on: "answer", if: "otherwise", to: "empty", emits: "discard", passes: true },
    { from: "rolling back", on: "destroy", to: "empty", emits: "discard", passes: true },

    { from: "closing", on: "closed", to: "empty", passes: true },
    {
      from: "closing",
      on: "too late",
      to: "empty",
      emits: "discard",
      reason: "not closed in order",
      passes: true,
    },
  ],
};
