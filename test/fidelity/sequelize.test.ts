import { compare } from "./compare.js";
import { sequelizePrograms } from "./programs/sequelize.js";
import { sequelizeModelPrograms } from "./programs/sequelize-models.js";
import { sequelizeZonePrograms } from "./programs/sequelize-zones.js";
import { sequelizeMysqlSides, sequelizePostgresSides } from "./sides/sequelize.js";

const programs = [...sequelizePrograms, ...sequelizeModelPrograms, ...sequelizeZonePrograms];

for (const sides of sequelizePostgresSides) compare(sides, programs);
for (const sides of sequelizeMysqlSides) compare(sides, programs);
