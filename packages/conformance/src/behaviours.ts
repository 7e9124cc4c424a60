import { test } from "vitest";
import type { ConformanceHarness } from "./harness.js";

/** Vitest's `test`; a behaviour that the harness lists as one that cannot hold is tested for what happens instead. */
export function behavioursOf<Db>({ exceptions = {} }: ConformanceHarness<Db>): typeof test {
  return new Proxy(test, {
    apply(target, self, args: unknown[]) {
      const [name] = args;
      const exception = typeof name === "string" ? exceptions[name] : undefined;
      if (!exception) return Reflect.apply(target, self, args);
      return test(`cannot hold: ${name}; ${exception.reason}`, exception.instead);
    },
  });
}
