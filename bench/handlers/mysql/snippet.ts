import { snippetPoolOptions } from "@rds-proxy/lambda-kit/snippets/mysql2";
import mysql, { type RowDataPacket } from "mysql2/promise";
import { type Answer, type Handler, statement } from "../handler.js";

const pool = mysql.createPool(snippetPoolOptions());

export const handler: Handler = async () => (await pool.query<(RowDataPacket & Answer)[]>(statement))[0][0];
