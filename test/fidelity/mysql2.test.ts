import { compare } from "./compare.js";
import { mysql2Programs } from "./programs/mysql2.js";
import { mysql2PoolPrograms } from "./programs/mysql2-pool.js";
import { mysql2Middleware, mysql2Options, mysql2Pool, mysql2PoolConnection } from "./sides/mysql2.js";

for (const sides of [mysql2Middleware, mysql2Options, mysql2PoolConnection]) compare(sides, mysql2Programs);
compare(mysql2Pool, mysql2PoolPrograms);
