import { fileURLToPath } from "node:url";
import { bundleIntoCheckout } from "../bundle-adapter.js";
import { runMocha } from "../mocha.js";
import type { Suite } from "../suite.js";

const PRELOAD = fileURLToPath(new URL("preload.ts", import.meta.url));

/** Sequelize 6's integration and unit tests. */
export const sequelizeSuite: Suite = {
  engines: ["postgres", "mysql"],
  async run(run) {
    const { checkout, engine, side, place, proxyEnvironment, filters } = run;
    await using preload = await bundleIntoCheckout(PRELOAD, checkout);
    return await runMocha(run, {
      imports: side === "ours" ? [preload.file] : [],
      args: [
        "--require",
        "./test/registerEsbuild",
        ...(filters.length === 0 ? ["test/integration/**/*.test.[tj]s"] : filters),
      ],
      env: {
        ...proxyEnvironment,
        DIALECT: engine,
        SEQ_HOST: place.host,
        SEQ_PORT: String(place.port),
        SEQ_USER: place.user,
        SEQ_PW: place.password,
        SEQ_DB: place.database,
      },
    });
  },
};
