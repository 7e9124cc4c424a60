import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import mysql2 from "mysql2";
import { sequelizePlaces } from "../../model/pool-machines.js";
import { transactWithSequelize } from "../transact-with-sequelize.js";
import { scriptedHandler, testOptions } from "./scripted-handler.js";

export const handler = await scriptedHandler(
  rdsProxy({
    ...testOptions(),
    adapter: sequelizeAdapter({ dialect: "mysql", dialectModule: mysql2, logging: false }),
  }),
  async (db, statement) => (await db.query(statement))[0],
  transactWithSequelize,
  sequelizePlaces,
);
