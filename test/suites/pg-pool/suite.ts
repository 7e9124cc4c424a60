import { glob, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleIntoCheckout } from "../bundle-adapter.js";
import { runMocha } from "../mocha.js";
import type { Suite, TestOutcome } from "../suite.js";

const PRELOAD = fileURLToPath(new URL("preload.ts", import.meta.url));

/** Ends the process after an unhandled rejection; required by each run. */
const SETUP = "packages/pg-pool/test/setup.js";

/** pg-pool's tests, in the repository of node-postgres. Each file in a process of its own, which a failed test may end. */
export const pgPoolSuite: Suite = {
  engines: ["postgres"],
  async run(run) {
    const { checkout, side, server, proxyEnvironment, filters } = run;
    await using preload = await bundleIntoCheckout(PRELOAD, checkout);
    const patterns = filters.length === 0 ? ["packages/pg-pool/test/*.js"] : filters;
    const files: string[] = [];
    for await (const file of glob([...patterns], { cwd: checkout })) if (file !== SETUP) files.push(file);
    const outcomes: TestOutcome[] = [];
    for (const file of files.toSorted()) {
      const folder = await mkdtemp(join(run.folder, "file-"));
      const ended = await runMocha(
        { ...run, folder },
        {
          imports: side === "ours" ? [preload.file] : [],
          // A login over TLS may exceed Mocha's two seconds on a busy machine.
          args: ["--timeout", "20000", SETUP, file],
          env: {
            ...proxyEnvironment,
            PGHOST: server.host,
            PGPORT: String(server.port),
            PGUSER: server.user,
            PGPASSWORD: server.password ?? "",
            PGDATABASE: server.database ?? "",
          },
        },
      );
      outcomes.push(...ended);
    }
    return outcomes;
  },
};
