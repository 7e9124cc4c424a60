import { compare } from "./compare.js";
import { sequelizePrograms } from "./programs/sequelize.js";
import { sequelizeZonePrograms } from "./programs/sequelize-zones.js";
import { sequelizeMysqlSides, sequelizePostgresSides } from "./sides/sequelize.js";

const programs = [...sequelizePrograms, ...sequelizeZonePrograms];

for (const sides of sequelizePostgresSides) compare(sides, programs);
for (const sides of sequelizeMysqlSides) compare(sides, programs);
