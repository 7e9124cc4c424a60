import { mysqlOrMariaDb as administration } from "@rds-proxy/lambda-kit/administration";
import { startMysqlServer } from "@rds-proxy/lambda-kit/servers";
import { findMysqlServer, startPrivateMysql } from "@rds-proxy/local-proxy/databases";
import type { DemoDialect } from "./dialect.js";

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html#error_er_user_limit_reached */
const userLimitReached = 1226;

/** MariaDB or MySQL as it is installed, in a private folder, or the server at TEST_MYSQL_URL. */
export const mysqlOrMariaDb: DemoDialect = {
  ...administration,
  async startServer() {
    // The tests install a missing server; a demo does not.
    if (!process.env["TEST_MYSQL_URL"] && !findMysqlServer()) {
      throw new Error("No MariaDB or MySQL server was found.");
    }
    return await startMysqlServer();
  },
  startSmallServer: (maxConnections) => startPrivateMysql([`max-connections=${maxConnections}`]),
  serverRemedy:
    "The demo needs a MariaDB or MySQL server: mariadbd or mysqld on the PATH (apt-get install mariadb-server, or\n" +
    "brew install mariadb; the demo runs it in a folder of its own, no service has to be started), or another one,\n" +
    "where it may create users and databases, as TEST_MYSQL_URL=mysql://user:password@host:port/database.",
  isExhaustion: (error) => error instanceof Error && "errno" in error && error.errno === userLimitReached,
  async version(session) {
    const [row] = await session.query("select version() as version");
    const version = String(row?.["version"]);
    return `${version.includes("MariaDB") ? "MariaDB" : "MySQL"} ${version.split("-")[0]}`;
  },
  createOrders: (user) => [`create table ${user}.orders (state varchar(20) not null)`],
};
