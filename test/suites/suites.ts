import { kyselySuite } from "./kysely/suite.js";
import { sequelizeSuite } from "./sequelize/suite.js";
import type { Suite } from "./suite.js";

/** Every suite that can be run, by the name that the command line takes. */
export const suites: Readonly<Record<string, Suite>> = {
  kysely: kyselySuite,
  sequelize: sequelizeSuite,
};
