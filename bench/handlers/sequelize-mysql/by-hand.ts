import { database, host, port, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import { createSigner } from "@rds-proxy/lambda-kit/snippets/signer";
import mysql2 from "mysql2";
import { Sequelize } from "sequelize";
import type { Handler } from "../handler.js";
import { selectOneRow } from "../select-one-row.js";

const signer = createSigner();

// Sequelize as its documentation sets it up, with a token for each login.
const sequelize = new Sequelize({
  dialect: "mysql",
  dialectModule: mysql2,
  dialectOptions: { ssl: { rejectUnauthorized: true, verifyIdentity: true }, enableCleartextPlugin: true },
  host,
  port,
  username: user,
  database,

  pool: { max: 1, idle: 24 * 60 * 60_000 },
  logging: false,
  hooks: {
    async beforeConnect(config) {
      config.password = await signer.getAuthToken();
    },
  },
});

export const handler: Handler = () => selectOneRow(sequelize);
