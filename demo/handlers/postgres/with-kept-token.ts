import { Signer } from "@aws-sdk/rds-signer";
import pg from "pg";
import type { Answer, Task } from "../task.js";
import { work } from "./work.js";

// The snippet as it is found most often: one token, signed at cold start and kept in the pool's configuration.
const [host = "", port] = (process.env["RDS_PROXY_ENDPOINT"] ?? "").split(":");
const user = process.env["RDS_PROXY_USER"] ?? "";
const region = process.env["AWS_REGION"] ?? "";
const signer = new Signer({ hostname: host, port: Number(port), username: user, region });

const pool = new pg.Pool({
  host,
  port: Number(port),
  user,
  database: process.env["RDS_PROXY_DATABASE"] ?? "",
  password: await signer.getAuthToken(),
  ssl: { rejectUnauthorized: true },
  max: 1,
  idleTimeoutMillis: 120_000,
  connectionTimeoutMillis: 5000,
  keepAlive: true,
});
pool.on("error", (error) => console.error("idle client failed:", error.message));

export async function handler(task: Task): Promise<Answer> {
  const client = await pool.connect();
  try {
    return await work(task, client);
  } finally {
    client.release();
  }
}
