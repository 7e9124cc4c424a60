export type { Dialect, Session } from "./dialect.js";
export { mysqlOrMariaDb } from "./mysql-or-mariadb.js";
export { postgres } from "./postgres.js";
