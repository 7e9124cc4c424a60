import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
import { rdsProxy } from "@rds-proxy/middleware";
import pg from "pg";
import { sequelizePlaces } from "../../model/pool-machines.js";
import { transactWithSequelize } from "../transact-with-sequelize.js";
import { scriptedHandler, testOptions } from "./scripted-handler.js";

export const handler = await scriptedHandler(
  rdsProxy({
    ...testOptions(),
    adapter: sequelizeAdapter({ dialect: "postgres", dialectModule: pg, logging: false }),
  }),
  async (db, statement) => (await db.query(statement))[0],
  transactWithSequelize,
  sequelizePlaces,
);
