import { beginSession, createConnectionConfig, mysqlDriver } from "@rds-proxy/adapter-mysql2/driver";
import { leaseEnded, RdsProxyError } from "@rds-proxy/core";
import type { Connection, ConnectionOptions } from "mysql2";
import { trackConnection } from "../tracked-connection.js";
import type { SequelizeDialect } from "./dialect.js";
import { inlineBinds } from "./inline-binds.js";
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

    // Sequelize's SET time_zone does not pin, since RDS Proxy tracks the variable, but database connections are shared
    // only among clients with the same value. So the default zone is not set.
    sessionZone: ({ isChosen, keepDefaultTimezone = !isChosen }) => ({
      isSetByStatement: !keepDefaultTimezone,
    }),

    // Sequelize's own question is `select version()`. MariaDB puts a version in front that old replicas understand.
    versionSaidBy(connection) {
      const greeting: unknown = Reflect.get(connection, "_handshakePacket");
      const version: unknown = Reflect.get(Object(greeting), "serverVersion");
      return typeof version === "string" ? version.replace(/^5\.5\.5-(?=.*MariaDB)/i, "") : undefined;
    },

    superviseModule(module, dialectOptions, opening) {
      const mysql2 = mysqlModule(module);

      /** @param config made by Sequelize of its options; where to connect is known better */
      const createConnection = (config: ConnectionOptions): Connection => {
        const { options, attempt, begin } = opening();
        const create = (own: ConnectionOptions): Connection => mysql2.createConnection({ ...config, ...own });
        const { connection, opened, destroy } = beginSession(
          create,
          options,
          createConnectionConfig(options, dialectOptions),
          attempt,
        );
        if (!usesPreparedStatements) sendBindsAsText(connection, mysql2);
        begin({
          tracked: opened.then((session) =>
            trackConnection(mysqlDriver(create, options, dialectOptions), session, options, () => {
              Object.assign(connection, { query: refuseUse, execute: refuseUse });
            }),
          ),
          destroy,
        });
        return connection;
      };
      return Object.create(module, { createConnection: { value: createConnection, enumerable: true } });
    },
  };
}

/** As much of mysql2 as is needed. */
interface MysqlModule {
  createConnection(config: ConnectionOptions): Connection;
  escape(value: unknown, stringifyObjects?: boolean, timezone?: string): string;
}

function mysqlModule(module: object): MysqlModule {
  if (!isMysqlModule(module)) {
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      'dialectModule: expected mysql2. Pass what `import mysql2 from "mysql2"` gives.',
    );
  }
  return module;
}

function isMysqlModule(module: object): module is MysqlModule {
  return (
    "createConnection" in module &&
    typeof module.createConnection === "function" &&
    "escape" in module &&
    typeof module.escape === "function"
  );
}

/**
 * Sequelize executes a prepared statement wherever it has values to bind, and RDS Proxy pins the session that prepares
 * one. With the values in its text the same statement does not pin.
 */
function sendBindsAsText(connection: Connection, mysql2: MysqlModule): void {
  const { timezone }: { timezone?: string } = Object(Reflect.get(connection, "config"));
  const execute = (sql: string, values: readonly unknown[], callback: () => void): unknown => {
    const text = inlineBinds(sql, values, (value) => mysql2.escape(asParameter(value), true, timezone));
    return connection.query({ sql: text }, callback);
  };
  Object.assign(connection, { execute });
}

/** The value as mysql2 gives it to a prepared statement: lists and plain objects become JSON. */
function asParameter(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date || Buffer.isBuffer(value))
    return value;
  const isJson = Array.isArray(value) || value.constructor === Object || "toJSON" in value;
  return isJson ? JSON.stringify(value) : String(value);
}

function refuseUse(): never {
  throw leaseEnded();
}
