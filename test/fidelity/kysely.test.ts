import { compare } from "./compare.js";
import { kyselyPrograms } from "./programs/kysely.js";
import { moreKyselyPrograms } from "./programs/kysely-more.js";
import { kyselySignalPrograms } from "./programs/kysely-signals.js";
import { kyselyMysql, kyselyPostgres } from "./sides/kysely.js";

const programs = [...kyselyPrograms, ...moreKyselyPrograms, ...kyselySignalPrograms];
compare(kyselyPostgres, programs);
compare(kyselyMysql, programs);
