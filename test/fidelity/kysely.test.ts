import { compare } from "./compare.js";
import { kyselyPrograms } from "./programs/kysely.js";
import {
  kyselyMysqlDialect,
  kyselyMysqlMiddleware,
  kyselyPostgresDialect,
  kyselyPostgresMiddleware,
} from "./sides/kysely.js";

for (const sides of [kyselyPostgresDialect, kyselyPostgresMiddleware]) compare(sides, kyselyPrograms);
for (const sides of [kyselyMysqlDialect, kyselyMysqlMiddleware]) compare(sides, kyselyPrograms);
