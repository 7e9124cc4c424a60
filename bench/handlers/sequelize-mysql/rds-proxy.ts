import middy from "@middy/core";
import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import mysql2 from "mysql2";
import { selectOneRow } from "../select-one-row.js";

const adapter = sequelizeAdapter({ dialect: "mysql", dialectModule: mysql2, logging: false });

export const handler = middy()
  .use(rdsProxy({ adapter }))
  .handler(async (_event, { db }) => selectOneRow(db));
