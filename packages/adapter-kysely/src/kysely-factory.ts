import { DefaultConnectionProvider, DefaultQueryExecutor, type Dialect, Kysely } from "kysely";
import type { InvocationDriver } from "./invocation-driver.js";
import type { KyselyOptions } from "./kysely-options.js";

/**
 * A factory of Kyselys that share nothing but what writes their statements: it takes longer to make than all the rest,
 * and keeps nothing from one statement to the next.
 *
 * A Kysely that is made from a dialect puts a driver of its own around the dialect's, which it needs for its log. One
 * that is made of its parts does not, so that only those with a log pay for that in each query.
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
  throw new Error("There is no pool: each invocation's Kysely has a driver of its own.");
}
