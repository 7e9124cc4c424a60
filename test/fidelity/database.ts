import { randomUUID } from "node:crypto";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import mysql from "mysql2/promise";
import pg from "pg";

/** A database of one side alone, used by its own connection, past everything that is compared. */
export interface SideDatabase {
  readonly name: string;
  readonly server: "PostgreSQL" | "MySQL" | "MariaDB";
  /** Empties it before each program. */
  clear(): Promise<void>;
  /** Runs a statement past the side, and returns its rows. */
  direct(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The tables with their columns and rows. */
  dump(): Promise<string>;
  drop(): Promise<void>;
}

export async function createDatabase(
  engine: "postgres" | "mysql",
  server: DatabaseServer,
): Promise<SideDatabase> {
  // Names of one length, since lengths of packets are part of what is compared.
  const name = `fidelity_${randomUUID().replaceAll("-", "").slice(0, 12)}`;
  return engine === "postgres" ? createPostgres(name, server) : createMysql(name, server);
}

async function createPostgres(name: string, server: DatabaseServer): Promise<SideDatabase> {
  const { host, port, user, password, database } = server;
  const maker = new pg.Client({ host, port, user, password, database });
  await maker.connect();
  await maker.query(`create database ${name} template template0`);
  const admin = new pg.Client({ host, port, user, password, database: name });
  await admin.connect();

  const rowsOf = async (text: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await admin.query(text)).rows;
  return {
    name,
    server: "PostgreSQL",
    async clear() {
      await admin.query("drop schema public cascade; create schema public");
    },
    direct: rowsOf,
    async dump() {
      const tables = await rowsOf(
        `select table_name as name, string_agg(column_name || ' ' || data_type, ', ' order by ordinal_position) as columns
         from information_schema.columns where table_schema = 'public' group by table_name order by table_name`,
      );
      const dumps: string[] = [];
      for (const { name: table, columns } of tables) {
        const rows = await rowsOf(`select t::text as line from public."${table}" t order by 1`);
        dumps.push(
          dumpTable(
            `${table}(${columns})`,
            rows.map(({ line }) => String(line)),
          ),
        );
      }
      return dumps.join("\n");
    },
    async drop() {
      await admin.end();
      await maker.query(`drop database ${name} with (force)`);
      await maker.end();
    },
  };
}

async function createMysql(name: string, server: DatabaseServer): Promise<SideDatabase> {
  const { host, port, user, password } = server;
  const options = { host, port, user, ...(password === undefined ? {} : { password }) };
  const admin = await mysql.createConnection({ ...options, multipleStatements: true });
  const clear = async (): Promise<void> => {
    await admin.query(`drop database if exists ${name}; create database ${name}; use ${name}`);
  };
  await clear();
  const rowsOf = async (text: string): Promise<mysql.RowDataPacket[]> => {
    const [rows] = await admin.query<mysql.RowDataPacket[]>(text);
    return rows;
  };
  const [version] = await rowsOf("select version() as version");
  return {
    name,
    server: String(version?.["version"]).includes("MariaDB") ? "MariaDB" : "MySQL",
    clear,
    direct: rowsOf,
    async dump() {
      const tables = await rowsOf(
        `select table_name as name, group_concat(column_name, ' ', column_type order by ordinal_position) as columns
         from information_schema.columns where table_schema = '${name}' group by table_name order by table_name`,
      );
      const dumps: string[] = [];
      for (const { name: table, columns } of tables) {
        const [rows] = await admin.query<mysql.RowDataPacket[][]>({
          sql: `select * from \`${table}\``,
          rowsAsArray: true,
          typeCast: (field) => field.buffer(),
        });
        const lines = rows.map((row) => row.map(printBytes).join(", "));
        dumps.push(dumpTable(`${table}(${columns})`, lines.toSorted()));
      }
      return dumps.join("\n");
    },
    async drop() {
      await admin.query(`drop database ${name}`);
      await admin.end();
    },
  };
}

function dumpTable(head: string, lines: readonly string[]): string {
  return [head, ...lines.map((line) => `  ${line}`)].join("\n");
}

function printBytes(bytes: unknown): string {
  if (!Buffer.isBuffer(bytes)) return "NULL";
  const text = bytes.toString("latin1");
  return /^[ -~]*$/.test(text) ? `'${text}'` : `0x${bytes.toString("hex")}`;
}
