import { compare } from "./compare.js";
import { sequelizePrograms } from "./programs/sequelize.js";
import { sequelizeModelPrograms } from "./programs/sequelize-models.js";
import { sequelizeZonePrograms } from "./programs/sequelize-zones.js";
import { sequelizeMysql, sequelizePostgres } from "./sides/sequelize.js";

const programs = [...sequelizePrograms, ...sequelizeModelPrograms, ...sequelizeZonePrograms];
compare(sequelizePostgres, programs);
compare(sequelizeMysql, programs);
