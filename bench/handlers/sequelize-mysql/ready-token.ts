import { database, host, port, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import mysql2 from "mysql2";
import { Sequelize } from "sequelize";
import type { Handler } from "../handler.js";
import { readyToken } from "../ready-token.js";
import { selectOneRow } from "../select-one-row.js";

// The limit: Sequelize as its documentation sets it up, with a token that was signed beforehand.
const sequelize = new Sequelize({
  dialect: "mysql",
  dialectModule: mysql2,
  dialectOptions: { ssl: { rejectUnauthorized: true, verifyIdentity: true }, enableCleartextPlugin: true },
  host,
  port,
  username: user,
  database,
  password: readyToken,
  pool: { max: 1, idle: 24 * 60 * 60_000 },
  logging: false,
});

export const handler: Handler = () => selectOneRow(sequelize);
