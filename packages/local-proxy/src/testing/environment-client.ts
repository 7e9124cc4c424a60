import { readFileSync } from "node:fs";
import { Signer } from "@aws-sdk/rds-signer";
import mysql from "mysql2/promise";
import pg from "pg";

// A client program that uses only the environment variables of the local proxy: runs a statement and exits with the
// given code, or with 3 if the statement fails.

const [engine, statement = "", exitCode] = process.argv.slice(2);
const {
  RDS_PROXY_ENDPOINT = "",
  RDS_PROXY_USER: user = "",
  RDS_PROXY_DATABASE: database,
  NODE_EXTRA_CA_CERTS = "",
} = process.env;
const { hostname: host, port } = new URL(`tcp://${RDS_PROXY_ENDPOINT}`);
const signer = new Signer({ hostname: host, port: Number(port), username: user });
const token = await signer.getAuthToken();
const address = { host, port: Number(port), user, ...(database === undefined ? {} : { database }) };
const ca = readFileSync(NODE_EXTRA_CA_CERTS, "utf8");

async function runInPostgres(): Promise<void> {
  const client = new pg.Client({ ...address, password: token, ssl: { ca } });
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function runInMysql(): Promise<void> {
  const connection = await mysql.createConnection({
    ...address,
    authPlugins: { mysql_clear_password: () => () => Buffer.from(`${token}\0`) },
    ssl: { ca, verifyIdentity: true },
  });
  await connection.query(statement);
  await connection.end();
}

try {
  await (engine === "mysql" ? runInMysql() : runInPostgres());
  process.exitCode = Number(exitCode);
} catch {
  process.exitCode = 3;
}
