import {
  type Adapter,
  checkObject,
  invalidOption,
  RdsProxyError,
  type ResolvedRdsProxyOptions,
} from "@rds-proxy/core";
import { type Model, type ModelStatic, Sequelize } from "sequelize";
import { ConnectionSupervisor } from "./connection-supervisor.js";
import type { SequelizeOptions } from "./dialects/dialect.js";
import { Occupancy } from "./occupancy.js";
import { checkSequelizeOptions, completeOptions, dialectFor, type SequelizeDialectName } from "./options.js";
import { SequelizeResource } from "./sequelize-resource.js";

/** Models by the names that `init` gives them. */
export type Models = Readonly<Record<string, ModelStatic<Model>>>;

/** What an invocation gets: the instance, with the models that `init` returned. */
export type SequelizeWith<M> = M extends Models
  ? Omit<Sequelize, "models"> & { readonly models: M }
  : Sequelize;

/** Sequelize's options, but for what `rdsProxy()` is told. */
export interface SequelizeAdapterOptions<M>
  extends Omit<
    SequelizeOptions,
    "dialect" | "host" | "port" | "username" | "password" | "database" | "ssl" | "replication" | "native"
  > {
  dialect: SequelizeDialectName;
  /**
   * Defines the models, once for the execution environment. What it returns is the type of `context.db.models`.
   *
   * @param sequelize the instance that all invocations share
   */
  init?(sequelize: Sequelize): M;
  /**
   * MySQL only. Sends the values of INSERT, UPDATE and `bind` as parameters of a prepared statement, as Sequelize does by
   * itself. Each connection is pinned from its first one on. Default false: they are part of the statement's text.
   */
  preparedStatements?: boolean | undefined;
}

const PLACE = "It is an option of rdsProxy(), or comes from the environment.";

/** Options of Sequelize that the middleware has in place of it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  host: PLACE,
  port: PLACE,
  username: `${PLACE} Its name there is \`user\`.`,
  database: PLACE,
  replication:
    "An endpoint is an option of rdsProxy(): use one middleware for each, with `contextKey`s of their own.",
};

/**
 * Sequelize for the middleware: `context.db` is the instance, with its pool warm. A transaction that an invocation leaves
 * open ends with it.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` when the middleware is created
 * @example
 * export const handler = middy()
 *   .use(rdsProxy({ adapter: sequelizeAdapter({ dialect: "postgres", init: defineModels }) }))
 *   .handler(async (_event, { db }) => db.models.Order.findAll());
 */
export function sequelizeAdapter<const M = undefined>(
  options: SequelizeAdapterOptions<M>,
): Adapter<SequelizeWith<M>>;
export function sequelizeAdapter(options: SequelizeAdapterOptions<unknown>): Adapter<Sequelize> {
  checkObject("options", options);
  const { init, preparedStatements, ...sequelizeOptions } = options;
  if (init !== undefined && typeof init !== "function") {
    throw invalidOption("init", "a function", `a value of type ${typeof init}`, "Define the models in it.");
  }
  const dialect = dialectFor(options.dialect, preparedStatements);
  refuseMisplaced(sequelizeOptions);

  return {
    engine: dialect.engine,
    create(resolved: ResolvedRdsProxyOptions) {
      checkSequelizeOptions(dialect, sequelizeOptions, resolved);
      const sequelize = new Sequelize(completeOptions(dialect, sequelizeOptions, resolved));
      const occupancy = new Occupancy();
      const supervisor = new ConnectionSupervisor(sequelize, {
        dialect,
        dialectOptions: sequelizeOptions.dialectOptions ?? {},
        isZoneChosen: sequelizeOptions.timezone !== undefined,
        optionsOf: () => resolved,
        occupancy,
      });
      init?.(sequelize);
      return new SequelizeResource(sequelize, supervisor, occupancy, resolved);
    },
  };
}

function refuseMisplaced(options: SequelizeOptions): void {
  for (const [name, remedy] of Object.entries(ELSEWHERE)) {
    if (Reflect.get(options, name) === undefined) continue;
    throw new RdsProxyError("RDS_PROXY_INVALID_OPTION", `${name}: not an option of the adapter. ${remedy}`);
  }
  if (options.pool?.max !== undefined) {
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      "pool.max: not an option of the adapter. The number of connections is `maxConnections` of rdsProxy().",
    );
  }
}
