import { Signer } from "@aws-sdk/rds-signer";
import mysql from "mysql2/promise";
import type { Answer, Task } from "../task.js";
import { work } from "./work.js";

// The snippet as it is found most often: one token, signed at cold start and kept in the pool's configuration.
const [host = "", port] = (process.env["RDS_PROXY_ENDPOINT"] ?? "").split(":");
const user = process.env["RDS_PROXY_USER"] ?? "";
const region = process.env["AWS_REGION"] ?? "";
const signer = new Signer({ hostname: host, port: Number(port), username: user, region });

const pool = mysql.createPool({
  host,
  port: Number(port),
  user,
  database: process.env["RDS_PROXY_DATABASE"] ?? "",
  password: await signer.getAuthToken(),
  enableCleartextPlugin: true,
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
