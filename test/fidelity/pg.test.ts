import { compare } from "./compare.js";
import { pgPrograms } from "./programs/pg.js";
import { pgPoolPrograms } from "./programs/pg-pool.js";
import { pgMiddleware, pgOptions, pgPool, pgPoolClient } from "./sides/pg.js";

for (const sides of [pgMiddleware, pgOptions, pgPoolClient]) compare(sides, pgPrograms);
compare(pgPool, pgPoolPrograms);
