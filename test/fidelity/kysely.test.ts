import { compare } from "./compare.js";
import { kyselyPrograms } from "./programs/kysely.js";
import { kyselySignalPrograms } from "./programs/kysely-signals.js";
import {
  kyselyMysqlDialect,
  kyselyMysqlMiddleware,
  kyselyPostgresDialect,
  kyselyPostgresMiddleware,
} from "./sides/kysely.js";

const programs = [...kyselyPrograms, ...kyselySignalPrograms];
for (const sides of [kyselyPostgresDialect, kyselyPostgresMiddleware]) compare(sides, programs);
for (const sides of [kyselyMysqlDialect, kyselyMysqlMiddleware]) compare(sides, programs);
