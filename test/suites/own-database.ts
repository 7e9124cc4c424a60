import { randomBytes } from "node:crypto";
import { startServer } from "@rds-proxy/lambda-kit/servers";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import mysql from "mysql2/promise";
import pg from "pg";
import type { SuiteEngine } from "./suite.js";

/** A server whose user sees one database, which a suite may fill and drop as it likes. */
export interface OwnDatabase extends DatabaseServer {
  readonly database: string;
  drop(): Promise<void>;
}

/**
 * Makes a database of a new name on the server at TEST_POSTGRES_URL or TEST_MYSQL_URL, or on one that is started for it.
 * On MySQL its user has no right to any but `furtherDatabases`: suites drop every database that they see. PostgreSQL's suites create
 * extensions, which takes the server's own user, and drop only what is in the database that they are connected to.
 */
export async function createOwnDatabase(
  engine: SuiteEngine,
  furtherDatabases: readonly string[] = [],
): Promise<OwnDatabase> {
  const { stop, ...server } = await startServer[engine]();
  const name = `suite_${randomBytes(4).toString("hex")}`;
  const own =
    engine === "postgres" ? await onPostgres(server, name) : await onMysql(server, name, furtherDatabases);
  return {
    ...own,
    async drop() {
      await own.drop();
      await stop();
    },
  };
}

/** What suites expect to find in a database: Sequelize's container creates them in the template. */
const EXTENSIONS = ["btree_gist", "citext", "hstore"];

async function onPostgres(server: DatabaseServer, name: string): Promise<OwnDatabase> {
  const run = async (database: string, ...statements: string[]): Promise<void> => {
    const client = new pg.Client({ ...server, database });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  await run(server.database, `create database ${name}`);
  await run(name, ...EXTENSIONS.map((extension) => `create extension ${extension}`));
  const drop = (): Promise<void> => run(server.database, `drop database ${name} with (force)`);
  return { ...server, database: name, drop };
}

async function onMysql(
  server: DatabaseServer,
  database: string,
  furtherDatabases: readonly string[],
): Promise<OwnDatabase> {
  const password = randomBytes(12).toString("hex");
  const run = async (...statements: string[]): Promise<void> => {
    const connection = await mysql.createConnection({ ...server });
    for (const statement of statements) await connection.query(statement);
    await connection.end();
  };
  await run(
    `create database ${database}`,
    `create user ${database}@'%' identified by '${password}'`,
    // Names that begin with it are the suite's, too. The underscore is quoted since it stands for any character.
    `grant all on \`${database.replaceAll("_", "\\_")}%\`.* to ${database}@'%'`,
    ...furtherDatabases.map((further) => `grant all on \`${further}\`.* to ${database}@'%'`),
  );
  return {
    ...server,
    user: database,
    password,
    database,
    drop: () => run(`drop database if exists ${database}`, `drop user ${database}@'%'`),
  };
}
