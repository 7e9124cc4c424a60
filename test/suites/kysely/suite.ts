import { fileURLToPath } from "node:url";
import { bundleIntoCheckout } from "../bundle-adapter.js";
import { runMocha } from "../mocha.js";
import type { Suite } from "../suite.js";

const PRELOAD = fileURLToPath(new URL("preload.ts", import.meta.url));

/** Kysely 0.29's tests in Node. */
export const kyselySuite: Suite = {
  engines: ["postgres", "mysql"],
  furtherDatabases: ["pets", "migrate", "test_schema"],
  async run(run) {
    const { checkout, engine, side, place, proxyEnvironment, filters } = run;
    await using preload = await bundleIntoCheckout(PRELOAD, checkout);
    return await runMocha(run, {
      imports: [preload.file],
      // Its own limit of 15 s is for an idle machine: one test migrates 100 times at once.
      args: ["--timeout", "60000", ...(filters.length === 0 ? ["test/node/dist/**/*.test.js"] : filters)],
      env: {
        ...proxyEnvironment,
        DIALECTS: engine,
        SUITE_SIDE: side,
        SUITE_PLACE: JSON.stringify(place),
      },
    });
  },
};
