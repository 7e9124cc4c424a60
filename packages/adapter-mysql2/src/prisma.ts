import { RdsProxyError } from "@rds-proxy/core";
import type {
  FieldPacket,
  Pool,
  PoolConnection,
  QueryOptions,
  ResultSetHeader,
  RowDataPacket,
} from "mysql2/promise";

/** What `PrismaMariaDb` takes beside a pool, except the protocol. */
export interface PrismaAdapterOptions {
  /** The name of the database in the statements that Prisma writes. */
  readonly database?: string;
  /** Is called for an error of a connection that a transaction uses. */
  readonly onConnectionError?: (error: Error) => void;
}

/** The class `PrismaMariaDb` of `@prisma/adapter-mariadb` 7.10 or later, whose pools are those of the driver `mariadb`. */
export type PrismaMariaDbClass<PrismaAdapter> = new (
  pool: never,
  options: PrismaAdapterOptions & { readonly useTextProtocol: true },
) => PrismaAdapter;

/**
 * A driver adapter for `PrismaClient` on MySQL and MariaDB, whose connections are those of a pool of mysql2. Statements are sent
 * as text: a prepared statement would pin the session. `$disconnect()` does not end the pool.
 *
 * @param PrismaMariaDb the class of `@prisma/adapter-mariadb`
 * @param pool what `createPool()` returns
 * @throws RdsProxyError `RDS_PROXY_UNSUPPORTED` if `@prisma/adapter-mariadb` is older than 7.10
 * @example
 * import { PrismaMariaDb } from "@prisma/adapter-mariadb";
 * const db = new PrismaClient({ adapter: prismaAdapter(PrismaMariaDb, createPool()) });
 */
export function prismaAdapter<PrismaAdapter>(
  PrismaMariaDb: PrismaMariaDbClass<PrismaAdapter>,
  pool: Pool,
  options: PrismaAdapterOptions = {},
): PrismaAdapter {
  // The type of mariadb's pool has more members than Prisma uses, and its package is none of this library's dependencies.
  return new PrismaMariaDb(mariadbPool(pool) as never, { ...options, useTextProtocol: true });
}

/** A statement as Prisma passes it on: its options are of mariadb, whose other names mean the same in mysql2. */
interface Statement {
  readonly sql: string;
}

/** As much of mariadb's pool as `PrismaMariaDb` uses. */
interface MariadbPool {
  /** Read by versions of `PrismaMariaDb` that take any object for options, and would dial without a token. */
  readonly host: never;
  query(statement: Statement, values?: unknown[]): Promise<unknown>;
  getConnection(): Promise<MariadbConnection>;
  end(): Promise<void>;
}

interface MariadbConnection extends Pick<MariadbPool, "query"> {
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  release(): Promise<void>;
}

function mariadbPool(pool: Pool): MariadbPool {
  return {
    get host(): never {
      throw new RdsProxyError(
        "RDS_PROXY_UNSUPPORTED",
        "This version of @prisma/adapter-mariadb takes no pool: install 7.10.0 or later.",
      );
    },
    query: (statement, values) => query(pool, statement, values),
    getConnection: async () => mariadbConnection(await pool.getConnection()),
    end: () => pool.end(),
  };
}

function mariadbConnection(connection: PoolConnection): MariadbConnection {
  return {
    query: (statement, values) => query(connection, statement, values),
    on: (event, listener) => connection.on(event, listener),
    off: (event, listener) => connection.off(event, listener),
    release: async () => connection.release(),
  };
}

/** Reads values as mariadb does with the options that `PrismaMariaDb` sets: as text, unless JavaScript has an exact type. */
const READ_AS_PRISMA_EXPECTS = {
  rowsAsArray: true,
  dateStrings: true,
  nestTables: false,
  supportBigNumbers: true,
  bigNumberStrings: true,
  typeCast(field, next) {
    if (field.type === "GEOMETRY") return field.buffer();
    if (field.type === "JSON") return field.string("utf8");
    if (field.type === "NEWDECIMAL") return field.string("ascii");
    // MariaDB's JSON has another type on the wire. As text, whatever the pool's `jsonStrings` is.
    if ("extendedFormat" in field && field.extendedFormat === "json") return field.string();
    return next();
  },
} satisfies Omit<QueryOptions, "sql">;

/** Runs a statement in the text protocol, and answers in mariadb's shape. */
async function query(
  target: Pick<Pool, "query">,
  { sql }: Statement,
  values: unknown[] = [],
): Promise<unknown> {
  const [result, fields] = await target.query<RowDataPacket[][] | ResultSetHeader>({
    ...READ_AS_PRISMA_EXPECTS,
    sql,
    values,
  });
  // A statement without rows has a header, and a procedure several results, which have no columns of their own.
  if (!Array.isArray(result) || !isColumn(fields[0])) return result;
  return Object.assign(splitSets(result, fields), { meta: fields.map(describeColumn) });
}

/** The flag of a column of type SET, which has the type of a string on the wire. */
const SET_FLAG = 2048;

/** mariadb returns the members of a SET as an array. */
function splitSets(rows: unknown[][], fields: readonly FieldPacket[]): unknown[][] {
  for (const [index, { flags }] of fields.entries()) {
    if ((Number(flags) & SET_FLAG) === 0) continue;
    for (const row of rows) {
      const members = row[index];
      if (typeof members === "string") row[index] = members === "" ? [] : members.split(",");
    }
  }
  return rows;
}

function isColumn(field: FieldPacket | undefined): boolean {
  return field?.columnType !== undefined;
}

/** A column as mariadb describes it, as far as Prisma reads that. */
function describeColumn({ name, columnType = 0, flags, characterSet, extendedFormat }: FieldPacket): object {
  return {
    name: () => name,
    type: MARIADB_TYPES[columnType],
    flags,
    collation: { index: characterSet },
    dataTypeFormat: extendedFormat,
  };
}

/** mariadb's names of the protocol's types: https://mariadb.com/docs/server/reference/clientserver-protocol/4-server-response-packets/result-set-packets#field-types */
const MARIADB_TYPES: Readonly<Record<number, string>> = {
  0: "DECIMAL",
  1: "TINY",
  2: "SHORT",
  3: "INT",
  4: "FLOAT",
  5: "DOUBLE",
  6: "NULL",
  7: "TIMESTAMP",
  8: "BIGINT",
  9: "INT24",
  10: "DATE",
  11: "TIME",
  12: "DATETIME",
  13: "YEAR",
  14: "NEWDATE",
  15: "VARCHAR",
  16: "BIT",
  17: "TIMESTAMP2",
  18: "DATETIME2",
  19: "TIME2",
  245: "JSON",
  246: "NEWDECIMAL",
  247: "ENUM",
  248: "SET",
  249: "TINY_BLOB",
  250: "MEDIUM_BLOB",
  251: "LONG_BLOB",
  252: "BLOB",
  253: "VAR_STRING",
  254: "STRING",
  255: "GEOMETRY",
};
