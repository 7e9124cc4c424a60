import { type ConformanceHarness, createEnvironment, type Exception } from "@rds-proxy/conformance";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import { expect, onTestFinished } from "vitest";

/** What Kysely cannot keep, on either engine. */
export function kyselyExceptions(
  harness: () => ConformanceHarness<Kysely<unknown>>,
): Readonly<Record<string, Exception>> {
  return {
    "a failure that nobody waits for any more ends no process": {
      reason: "the promise that execute() returns is made by Kysely, and is the handler's own to await",
      async instead() {
        const { invoke } = await createEnvironment(harness());
        const rejected = nextUnhandledRejection();
        await invoke(async ({ db }) => {
          void sql.raw(harness().sql.sleep(30)).execute(db);
          await new Promise((resolve) => setImmediate(resolve));
        });
        expect(await rejected).toBeInstanceOf(Error);
        expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
      },
    },
  };
}

/** Vitest fails a run in which a rejection goes unhandled, and so has to look away here. */
function nextUnhandledRejection(): Promise<unknown> {
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  onTestFinished(() => {
    for (const listener of listeners) process.on("unhandledRejection", listener);
  });
  return new Promise((resolve) => process.once("unhandledRejection", resolve));
}
