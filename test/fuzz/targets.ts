import type { Target } from "./target.js";
import { connectTargets } from "./targets/connect.js";
import { coreStatementTargets } from "./targets/core-statements.js";
import { doctorTargets } from "./targets/doctor.js";
import { failureTargets } from "./targets/failures.js";
import { localProxyTargets } from "./targets/local-proxy.js";
import { mysql2Targets } from "./targets/mysql2.js";
import { optionTargets } from "./targets/options.js";
import { pgTargets } from "./targets/pg.js";
import { sequelizeTargets } from "./targets/sequelize.js";

/** All targets, by their names on the command line. */
export const targets: readonly Target[] = [
  ...localProxyTargets,
  ...coreStatementTargets,
  ...doctorTargets,
  ...pgTargets,
  ...mysql2Targets,
  ...sequelizeTargets,
  ...connectTargets,
  ...optionTargets,
  ...failureTargets,
];
