import middy from "@middy/core";
import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { rdsProxy } from "@rds-proxy/middleware";
import pg from "pg";
import { selectOneRow } from "../select-one-row.js";

const adapter = sequelizeAdapter({ dialect: "postgres", dialectModule: pg, logging: false });

export const handler = middy()
  .use(rdsProxy({ adapter }))
  .handler(async (_event, { db }) => selectOneRow(db));
