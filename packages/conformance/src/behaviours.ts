import { test } from "vitest";
import type { ConformanceHarness } from "./harness.js";

/** Vitest's `test`, except that a test in the harness's `exceptions` runs the exception's `instead`. */
export function behavioursOf<Db>({ exceptions = {} }: ConformanceHarness<Db>): typeof test {
  return new Proxy(test, {
    apply(target, self, args: unknown[]) {
      const [name] = args;
      const exception = typeof name === "string" ? exceptions[name] : undefined;
      if (!exception) return Reflect.apply(target, self, args);
      return test(`exception: ${name}, because ${exception.reason}`, exception.instead);
    },
  });
}
