import {
  type ConformanceException,
  type ConformanceHarness,
  createEnvironment,
} from "@rds-proxy/conformance";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import { expect } from "vitest";
import { nextUnhandledRejection } from "./next-unhandled-rejection.js";

/** The behaviours that Kysely cannot have, on either engine. */
export function kyselyExceptions(
  harness: () => ConformanceHarness<Kysely<unknown>>,
): Readonly<Record<string, ConformanceException>> {
  return {
    "a rejection without a handler does not end the process when its lease has ended": {
      reason: "execute() returns a promise of Kysely's own, which the handler must await",
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
