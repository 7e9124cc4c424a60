export { obtainDebianPackage } from "./debian-package.js";
export { obtainMysqlProgram } from "./mysql-program.js";
export { startMysqlServer } from "./mysql-server.js";
export { mysqlServerOf } from "./mysql-urls.js";
export { startPostgresServer } from "./postgres-server.js";
export { startServer } from "./start-server.js";
