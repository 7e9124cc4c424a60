import { compare } from "./compare.js";
import { sequelizePrograms } from "./programs/sequelize.js";
import { sequelizeMysqlSides, sequelizePostgresSides } from "./sides/sequelize.js";

for (const sides of sequelizePostgresSides) compare(sides, sequelizePrograms);
for (const sides of sequelizeMysqlSides) compare(sides, sequelizePrograms);
