import { Signer } from "@aws-sdk/rds-signer";
import mysql from "mysql2/promise";
import type { Answer, Task } from "../task.js";
import { work } from "./work.js";

// What good tutorials and issue threads arrive at: one pool per environment, outside the handler, of one connection;
// a plugin for the password, so that each login signs a token; TLS with the name verified, too; and the connection
// given back in any case. mysql2's pool needs no error listener: it removes a connection that fails by itself.
const [host = "", port] = (process.env["RDS_PROXY_ENDPOINT"] ?? "").split(":");
const user = process.env["RDS_PROXY_USER"] ?? "";
const region = process.env["AWS_REGION"] ?? "";
const signer = new Signer({ hostname: host, port: Number(port), username: user, region });

const pool = mysql.createPool({
  host,
  port: Number(port),
  user,
  database: process.env["RDS_PROXY_DATABASE"] ?? "",
  authPlugins: { mysql_clear_password: () => async () => Buffer.from(`${await signer.getAuthToken()}\0`) },
  ssl: { rejectUnauthorized: true, verifyIdentity: true },
  connectionLimit: 1,
  connectTimeout: 5000,
  enableKeepAlive: true,
});

export async function handler(task: Task): Promise<Answer> {
  const connection = await pool.getConnection();
  try {
    return await work(task, connection);
  } finally {
    connection.release();
  }
}
