import { checkPgOptions, createClientClass, pgDriver } from "@rds-proxy/adapter-pg/driver";
import { RdsProxyError } from "@rds-proxy/core";
import { type ConnectAttempt, leaseEnded } from "@rds-proxy/core/adapter";
import { nextTick } from "@rds-proxy/core/internal";
import type pg from "pg";
import { createPooledConnection } from "../pooled-connection.js";
import { pgInternals } from "../sequelize-internals.js";
import type { SequelizeDialect } from "./dialect.js";
import { PASSED_ON, splitDialectOptions } from "./postgres-dialect-options.js";
import { refusePinning } from "./refuse-pinning.js";
import { postgresZone } from "./session-zone.js";

export const postgresDialect: SequelizeDialect = {
  engine: "postgres",
  oldestVersion: "9.5.0",
  defaults: {
    // Sends a SET only if the server does not report `on`, the default since PostgreSQL 9.1. With false, Sequelize would
    // escape quotes with backslashes, which such a server does not understand.
    standardConformingStrings: true,
  },
  // Otherwise SET client_min_messages, which pins.
  defaultDialectOptions: { clientMinMessages: "ignore" },

  check({ dialectOptions = {}, ...options }, resolved) {
    const { own, driver } = splitDialectOptions(dialectOptions);
    checkPgOptions(driver, PASSED_ON, resolved);
    refusePinning(resolved, [
      {
        name: "dialectOptions.clientMinMessages",
        // With false, Sequelize takes the other option, and else "warning".
        isGiven: own.clientMinMessages === false || !isIgnored(own.clientMinMessages),
        remedy:
          'Leave it out or pass "ignore", and set it on the role: ALTER ROLE app SET client_min_messages = ...',
      },
      {
        name: "clientMinMessages",
        isGiven: !isIgnored(options.clientMinMessages),
        remedy: "Leave it out, and set it on the role: ALTER ROLE app SET client_min_messages = ...",
      },
      {
        name: "dialectOptions.prependSearchPath",
        isGiven: Boolean(own.prependSearchPath),
        remedy:
          "Set the path on the role (ALTER ROLE app SET search_path = ...), or give models their `schema`.",
      },
      {
        name: "isolationLevel",
        isGiven: Boolean(options.isolationLevel),
        remedy:
          "Set it on the role (ALTER ROLE app SET default_transaction_isolation = ...), or give it to the transactions " +
          "that need it.",
      },
    ]);
  },

  // Sequelize's SET TIME ZONE would pin.
  sessionZone({ timezone, keepDefaultTimezone }) {
    if (keepDefaultTimezone) return { isSetByStatement: false };
    const atStartup = postgresZone(timezone);
    return { isSetByStatement: atStartup === undefined, atStartup };
  },

  // Sequelize reads the server's report during the login.
  reportedVersion: () => undefined,

  superviseModule(module, { dialectOptions, currentRequest, zone: { atStartup } }) {
    const { driver: driverOptions } = splitDialectOptions(dialectOptions);
    const RdsProxyClient = createClientClass(pgModule(module));

    class SequelizeClient extends RdsProxyClient {
      readonly #attempt: ConnectAttempt;
      readonly #login = Promise.withResolvers<undefined>();

      /** @param config Sequelize's, of which only the parsers of values are used */
      constructor({ types }: pg.ClientConfig) {
        const { options, attempt, onOpening } = currentRequest();
        super(options, types ? { ...driverOptions, types } : driverOptions);
        if (atStartup !== undefined) addToStartup(this, { TimeZone: atStartup });
        this.#attempt = attempt;
        const pooled = createPooledConnection(
          pgDriver(RdsProxyClient, options, driverOptions),
          this,
          options,
          () => {
            Object.defineProperty(this, "query", { value: refuseQuery });
          },
        );
        onOpening({ pooled: this.#login.promise.then(() => pooled), destroy: () => this.destroy() });
      }

      /** Within the attempt's time, which is shorter than the caller's. */
      override async connectWithin(): Promise<this> {
        try {
          await super.connectWithin(this.#attempt);
          this.#login.resolve(undefined);
          return this;
        } catch (error) {
          this.#login.reject(error);
          throw error;
        }
      }
    }
    return Object.create(module, { Client: { value: SequelizeClient, enumerable: true } });
  },
};

/** node-postgres has no option for it, and builds its startup message by this method. */
function addToStartup(client: object, parameters: Readonly<Record<string, string>>): void {
  const { getStartupConf } = pgInternals(client);
  if (typeof getStartupConf !== "function") {
    throw new RdsProxyError(
      "RDS_PROXY_UNSUPPORTED",
      "This version of node-postgres begins a session in another way: 8.16 or later of version 8 is needed.",
    );
  }
  const value = (): object => ({ ...getStartupConf.call(client), ...parameters });
  Object.defineProperty(client, "getStartupConf", { value });
}

function isIgnored(clientMinMessages: unknown): boolean {
  return (
    clientMinMessages === undefined ||
    clientMinMessages === false ||
    String(clientMinMessages).toLowerCase() === "ignore"
  );
}

function pgModule(module: object): Pick<typeof pg, "Client"> {
  if (!isPgModule(module)) {
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      'dialectModule: expected node-postgres. Pass the result of `import pg from "pg"`.',
    );
  }
  return module;
}

function isPgModule(module: object): module is Pick<typeof pg, "Client"> {
  return "Client" in module && typeof module.Client === "function";
}

/** Sequelize passes a callback last. */
function refuseQuery(...args: unknown[]): void {
  const callback = args.at(-1);
  if (typeof callback !== "function") throw leaseEnded();
  nextTick(callback, leaseEnded());
}
