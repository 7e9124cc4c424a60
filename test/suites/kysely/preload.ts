import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import * as mysql from "@rds-proxy/adapter-kysely/mysql";
import * as postgres from "@rds-proxy/adapter-kysely/postgres";
import {
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  MysqlDialect as KyselyMysqlDialect,
  PostgresDialect as KyselyPostgresDialect,
  type QueryCompiler,
} from "kysely";

/** What the suite gets for Kysely: all of it, and on our side our dialects under the names of Kysely's own. */
export * from "kysely";

/** The suite's configurations of its drivers. They name a server of its own, and pools are made of them late. */
interface DialectConfigs {
  readonly postgres: { readonly max: number };
  readonly mysql: {
    readonly connectionLimit: number;
    readonly supportBigNumbers: boolean;
    readonly bigNumberStrings: boolean;
    readonly multipleStatements: boolean;
  };
}

const isOurs = process.env["SUITE_SIDE"] === "ours";
const place: unknown = JSON.parse(process.env["SUITE_PLACE"] ?? "{}");
let configs: DialectConfigs | undefined;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isTheSuite = context.parentURL?.includes("/test/node/dist/");
    if (!isTheSuite || !specifier.endsWith("/dist/index.js")) return nextResolve(specifier, context);
    return { url: import.meta.url, shortCircuit: true };
  },
});

// No `await`: the set-up imports this module. Tests begin later.
void import(pathToFileURL("test/node/dist/test-setup.js").href).then(({ DIALECT_CONFIGS }) => {
  Object.assign(DIALECT_CONFIGS.postgres, place);
  Object.assign(DIALECT_CONFIGS.mysql, place);
  configs = DIALECT_CONFIGS;
});

/** A dialect that is created at first use, since the suite creates its own while it loads. */
function late<Config extends object>(
  create: (config: Config, configs: DialectConfigs) => Dialect,
): new (
  config: Config,
) => Dialect {
  return class implements Dialect {
    readonly #config: Config;
    #made: Dialect | undefined;

    constructor(config: Config) {
      this.#config = config;
    }

    get #dialect(): Dialect {
      if (configs === undefined) throw new Error("the suite's set-up was not loaded");
      this.#made ??= create(this.#config, configs);
      return this.#made;
    }

    // Methods, since the suite overrides some of them.
    createDriver(): Driver {
      return this.#dialect.createDriver();
    }

    createQueryCompiler(): QueryCompiler {
      return this.#dialect.createQueryCompiler();
    }

    createAdapter(): DialectAdapter {
      return this.#dialect.createAdapter();
    }

    createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
      return this.#dialect.createIntrospector(db);
    }
  };
}

const OurPostgresDialect = late<postgres.RdsProxyDialectOptions>(
  ({ cursor }, { postgres: { max } }) => new postgres.RdsProxyDialect({ cursor, maxConnections: max }),
);

const OurMysqlDialect = late<object>((_, { mysql: config }) => {
  const { connectionLimit, supportBigNumbers, bigNumberStrings, multipleStatements } = config;
  const options = { supportBigNumbers, bigNumberStrings, multipleStatements };
  return new mysql.RdsProxyDialect({ ...options, maxConnections: connectionLimit });
});

export const PostgresDialect: unknown = isOurs ? OurPostgresDialect : KyselyPostgresDialect;
export const MysqlDialect: unknown = isOurs ? OurMysqlDialect : KyselyMysqlDialect;
