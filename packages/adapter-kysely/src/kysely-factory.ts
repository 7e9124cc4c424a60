import { DefaultConnectionProvider, DefaultQueryExecutor, type Dialect, Kysely } from "kysely";
import type { InvocationDriver } from "./invocation-driver.js";
import type { KyselyOptions } from "./kysely-options.js";

/**
 * Creates a factory of Kysely instances. They share only the query compiler and the dialect's adapter, which take longer to create
 * than the rest and keep no state between statements.
 *
 * A Kysely that is created from a dialect wraps the dialect's driver, which it needs for its log and which costs time in each
 * query. One that is created from its parts does not, so it is used when there is no log.
 */
export function kyselyFactory<DB>(
  EngineDialect: new (config: { pool: () => Promise<never> }) => Dialect,
  { plugins = [], log }: KyselyOptions,
): (driver: InvocationDriver) => Kysely<DB> {
  const dialect = new EngineDialect({ pool: noPool });
  const compiler = dialect.createQueryCompiler();
  const adapter = dialect.createAdapter();
  if (log) {
    const shared = {
      createQueryCompiler: () => compiler,
      createAdapter: () => adapter,
      createIntrospector: dialect.createIntrospector.bind(dialect),
    };
    return (driver) => {
      driver.isWatched = true;
      return new Kysely<DB>({ dialect: { ...shared, createDriver: () => driver }, plugins, log });
    };
  }
  const config = { dialect, plugins };
  return (driver) => {
    const provider = new DefaultConnectionProvider(driver);
    const executor = new DefaultQueryExecutor(compiler, adapter, provider, plugins);
    return new Kysely<DB>({ config, dialect, driver, executor });
  };
}

async function noPool(): Promise<never> {
  throw new Error("There is no pool: each invocation's Kysely has its own driver.");
}
