import { Signer } from "@aws-sdk/rds-signer";
import pg from "pg";
import type { Answer, Task } from "../task.js";
import { work } from "./work.js";

// What good tutorials and issue threads arrive at: one pool per environment, outside the handler, of one connection;
// a function for the password, so that each login signs a token; verified TLS; an error listener on the pool; and the
// client given back in any case.
const [host = "", port] = (process.env["RDS_PROXY_ENDPOINT"] ?? "").split(":");
const user = process.env["RDS_PROXY_USER"] ?? "";
const region = process.env["AWS_REGION"] ?? "";
const signer = new Signer({ hostname: host, port: Number(port), username: user, region });

const pool = new pg.Pool({
  host,
  port: Number(port),
  user,
  database: process.env["RDS_PROXY_DATABASE"] ?? "",
  password: () => signer.getAuthToken(),
  ssl: { rejectUnauthorized: true },
  max: 1,
  // Longer than the demo takes, so that the pool keeps the connection warm from step to step.
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
