import { compare } from "./compare.js";
import { mysql2Programs } from "./programs/mysql2.js";
import { mysql2PoolPrograms } from "./programs/mysql2-pool.js";
import { mysql2PoolLifePrograms } from "./programs/mysql2-pool-life.js";
import { mysql2Connection, mysql2Pool } from "./sides/mysql2.js";

compare(mysql2Connection, mysql2Programs);
compare(mysql2Pool, [...mysql2PoolPrograms, ...mysql2PoolLifePrograms]);
