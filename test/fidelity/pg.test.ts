import { compare } from "./compare.js";
import { pgPrograms } from "./programs/pg.js";
import { pgPoolPrograms } from "./programs/pg-pool.js";
import { pgPoolLifePrograms } from "./programs/pg-pool-life.js";
import { pgClient, pgPool } from "./sides/pg.js";

compare(pgClient, pgPrograms);
compare(pgPool, [...pgPoolPrograms, ...pgPoolLifePrograms]);
