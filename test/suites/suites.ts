import { kyselySuite } from "./kysely/suite.js";
import { mysql2Suite } from "./mysql2/suite.js";
import { pgPoolSuite } from "./pg-pool/suite.js";
import { sequelizeSuite } from "./sequelize/suite.js";
import type { Suite } from "./suite.js";

/** Every suite that can be run, by the name that the command line takes. */
export const suites: Readonly<Record<string, Suite>> = {
  kysely: kyselySuite,
  mysql2: mysql2Suite,
  "pg-pool": pgPoolSuite,
  sequelize: sequelizeSuite,
};
