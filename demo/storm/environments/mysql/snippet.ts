import mysql from "mysql2/promise";
import { database, host, port, signer, user } from "../../../handlers/endpoint.js";
import { busySeconds, connectTimeoutMs, type Environment } from "../environment.js";

export function createEnvironment(): Environment {
  const pool = mysql.createPool({
    host,
    port,
    user,
    database,
    authPlugins: { mysql_clear_password: () => async () => Buffer.from(`${await signer.getAuthToken()}\0`) },
    ssl: { rejectUnauthorized: true, verifyIdentity: true },
    connectionLimit: 1,
    connectTimeout: connectTimeoutMs,
    enableKeepAlive: true,
  });
  return {
    invoke: () => pool.query(`select sleep(${busySeconds})`),
    stop: () => pool.end(),
  };
}
