import {
  createConnectionConfig,
  mysql2Driver,
  openConnection,
  type PhysicalConnection,
  unsafeCharset,
} from "@rds-proxy/adapter-mysql2/driver";
import { RdsProxyError } from "@rds-proxy/core";
import { leaseEnded } from "@rds-proxy/core/adapter";
import type { Connection, ConnectionOptions } from "mysql2";
import { createPooledConnection } from "../pooled-connection.js";
import { mysql2Internals } from "../sequelize-internals.js";
import type { SequelizeDialect } from "./dialect.js";
import { withoutEscapes } from "./escaped-text.js";
import { type ColumnTypes, inlineBinds } from "./inline-binds.js";
import { columnTypesOf } from "./model-columns.js";
import { checkDialectOptions } from "./mysql-dialect-options.js";
import { refusePinning } from "./refuse-pinning.js";

export interface MysqlDialectOptions {
  /** Whether values of INSERT, UPDATE and `bind` are sent as parameters of a prepared statement, which pins. */
  readonly usesPreparedStatements: boolean;
}

export function mysqlDialect({ usesPreparedStatements }: MysqlDialectOptions): SequelizeDialect {
  return {
    engine: "mysql",
    oldestVersion: "5.7.0",
    defaults: {},
    defaultDialectOptions: {},

    check({ dialectOptions = {}, isolationLevel }, resolved) {
      checkDialectOptions(dialectOptions);
      refusePinning(resolved, [
        {
          name: "isolationLevel",
          isGiven: Boolean(isolationLevel),
          remedy:
            "Set it for whole sessions in the proxy's initialization query (SET SESSION transaction_isolation = ...), " +
            "or give it to the transactions that need it.",
        },
      ]);
    },

    // RDS Proxy tracks time_zone, so Sequelize's SET does not pin. But database connections are shared only among clients
    // with the same value, so the default zone is not set.
    sessionZone: ({ isChosen, keepDefaultTimezone = !isChosen }) => ({
      isSetByStatement: !keepDefaultTimezone,
    }),

    // The same as Sequelize's query, `select version()`: MariaDB's greeting has a prefix for old replicas.
    reportedVersion(connection) {
      const version = mysql2Internals(connection)._handshakePacket?.serverVersion;
      return typeof version === "string" ? version.replace(/^5\.5\.5-(?=.*MariaDB)/i, "") : undefined;
    },

    superviseModule(module, { sequelize, dialectOptions, currentRequest }) {
      const mysql2 = mysqlModule(module);
      const typeOf = columnTypesOf(sequelize);

      /** @param config Sequelize's, of which the endpoint, the login and TLS are replaced */
      const createConnection = (config: ConnectionOptions): Connection => {
        const { options, attempt, onOpening } = currentRequest();
        const create = (own: ConnectionOptions): Connection => mysql2.createConnection({ ...config, ...own });
        const { connection, opened, destroy } = openConnection(
          create,
          options,
          createConnectionConfig(options, dialectOptions),
          attempt,
          refusalOf,
        );
        onOpening({
          pooled: opened.then((session) => {
            if (!usesPreparedStatements) sendBindsAsText(session, typeOf);
            sendEscapedTextSafely(session);
            return createPooledConnection(
              mysql2Driver(create, options, dialectOptions),
              session,
              options,
              () => {
                Object.assign(connection, { query: refuseUse, execute: refuseUse });
              },
            );
          }),
          destroy,
        });
        return connection;
      };
      return Object.create(module, { createConnection: { value: createConnection, enumerable: true } });
    },
  };
}

/** The part of mysql2 that is used. */
interface MysqlModule {
  createConnection(config: ConnectionOptions): Connection;
}

function mysqlModule(module: object): MysqlModule {
  if (!isMysqlModule(module)) {
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      'dialectModule: expected mysql2. Pass the result of `import mysql2 from "mysql2"`.',
    );
  }
  return module;
}

function isMysqlModule(module: object): module is MysqlModule {
  return "createConnection" in module && typeof module.createConnection === "function";
}

/**
 * Sequelize executes a prepared statement whenever it has values to bind, and RDS Proxy pins the session that prepares one.
 * With the values in its text the statement does not pin; if its effect would differ, it is prepared.
 */
function sendBindsAsText(session: PhysicalConnection, typeOf: ColumnTypes): void {
  const { connection } = session;
  const { execute, query } = connection;
  Object.assign(connection, {
    execute(...args: unknown[]): unknown {
      const [sql, values, callback] = args;
      const isOrdinary = typeof sql === "string" && Array.isArray(values) && typeof callback === "function";
      const isFormatted = Boolean(mysql2Internals(connection).config?.queryFormat);
      const isSafe = !isFormatted && session.unsafeCharset === undefined;
      const text = isOrdinary && isSafe ? inlineBinds(sql, values, session.backslash, typeOf) : undefined;
      if (text === undefined) return Reflect.apply(execute, connection, args);
      // Without `values` mysql2 would look for named placeholders in the text.
      return Reflect.apply(query, connection, [{ sql: text, values: [] }, callback]);
    },
  });
}

/** Sequelize escapes the values of all other statements with backslashes. */
function sendEscapedTextSafely(session: PhysicalConnection): void {
  const { connection } = session;
  const { query } = connection;
  Object.assign(connection, {
    query(...[statement, ...rest]: unknown[]): unknown {
      const safe = isEscaped(statement)
        ? { ...statement, sql: withoutEscapes(statement.sql, session.backslash) }
        : statement;
      return Reflect.apply(query, connection, [safe, ...rest]);
    },
  });
}

function isEscaped(statement: unknown): statement is { readonly sql: string } {
  if (typeof statement !== "object" || statement === null || !("sql" in statement)) return false;
  return typeof statement.sql === "string" && statement.sql.includes("\\");
}

/** Any text may hold values: ASCII without a backslash is the same in all sessions. */
function refusalOf(sql: string, session: PhysicalConnection): string | undefined {
  if (session.unsafeCharset !== undefined && /[\\\u0080-\uffff]/.test(sql)) {
    return unsafeCharset(session.unsafeCharset);
  }
  if (session.lastBackslash !== "character" || !sql.includes("\\")) return undefined;
  return (
    "The session's sql_mode has NO_BACKSLASH_ESCAPES, and Sequelize escapes with backslashes. Remove it from sql_mode, or " +
    "pass values by `bind`."
  );
}

function refuseUse(): never {
  throw leaseEnded();
}
