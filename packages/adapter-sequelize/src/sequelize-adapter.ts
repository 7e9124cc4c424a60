import { RdsProxyError } from "@rds-proxy/core";
import {
  type Adapter,
  checkObject,
  type Engine,
  invalidOption,
  type ResolvedRdsProxyOptions,
} from "@rds-proxy/core/adapter";
import { type Model, type ModelStatic, type Options, Sequelize } from "sequelize";
import { ConnectionSupervisor } from "./connection-supervisor.js";
import type { SequelizeOptions } from "./dialects/dialect.js";
import { checkSequelizeOptions, completeOptions, dialectFor, type SequelizeDialectName } from "./options.js";
import { InvocationTracker } from "./running-invocations.js";
import { SequelizeResource } from "./sequelize-resource.js";

/** Models by name, as `init` returns them. */
export type SequelizeModels = Readonly<Record<string, ModelStatic<Model>>>;

/** What an invocation gets: the instance, with the models that `init` returned. */
export type SequelizeWith<M, S extends Sequelize = Sequelize> = M extends SequelizeModels
  ? Omit<S, "models"> & { readonly models: M }
  : S;

/** A subclass of Sequelize, or a function that creates an instance from the options it gets. */
export type SequelizeSource<S extends Sequelize> = (new (options: Options) => S) | ((options: Options) => S);

/** Sequelize's options, except those that are options of `rdsProxy()`. */
export interface SequelizeAdapterOptions<M, S extends Sequelize = Sequelize>
  extends Omit<
    SequelizeOptions,
    "dialect" | "host" | "port" | "username" | "password" | "database" | "ssl" | "replication" | "native"
  > {
  dialect: SequelizeDialectName;
  /**
   * Defines the models, once for the execution environment. Its return type is the type of `context.db.models`, so it returns
   * each model under its own name.
   *
   * @default none
   * @param sequelize the instance that all invocations share
   */
  init?(sequelize: S): M;
  /**
   * Creates the instance, once for the execution environment: a subclass of Sequelize, such as sequelize-typescript's, or a
   * function that passes all the options it gets to a constructor. The instance's type is the type of `context.db`.
   *
   * @default Sequelize
   * @example
   * sequelizeAdapter({ dialect: "postgres", sequelize: (options) => new Sequelize({ ...options, models: [Order] }) })
   */
  sequelize?: SequelizeSource<S> | undefined;
  /**
   * MySQL only. Sends the values of INSERT, UPDATE and `bind` as parameters of a prepared statement, as Sequelize does by
   * itself, which pins each connection. Otherwise they are part of the statement's text.
   *
   * @default false
   */
  preparedStatements?: boolean | undefined;
}

const PLACE = "It is an option of rdsProxy(), or comes from the environment.";

/** Options of Sequelize that are options of the middleware here. */
const ELSEWHERE = [
  ["host", PLACE],
  ["port", PLACE],
  ["username", `${PLACE} Its name there is \`user\`.`],
  ["database", PLACE],
  [
    "replication",
    "An endpoint is an option of rdsProxy(): use one middleware for each, with `contextKey`s of their own.",
  ],
] as const satisfies readonly (readonly [keyof SequelizeOptions, string])[];

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
export function sequelizeAdapter<const M = undefined, S extends Sequelize = Sequelize>(
  options: SequelizeAdapterOptions<M, S>,
): Adapter<SequelizeWith<M, S>>;
export function sequelizeAdapter(options: SequelizeAdapterOptions<unknown>): Adapter<Sequelize> {
  checkObject("options", options);
  const { init, preparedStatements, sequelize: source = Sequelize, ...sequelizeOptions } = options;
  if (init !== undefined && typeof init !== "function") {
    throw invalidOption("init", "a function", `a value of type ${typeof init}`, "Define the models in it.");
  }
  if (typeof source !== "function") throw wrongSource(`a value of type ${typeof source}`);
  const dialect = dialectFor(options.dialect, preparedStatements);
  refuseMisplaced(sequelizeOptions);

  return {
    engine: dialect.engine,
    create(resolved: ResolvedRdsProxyOptions) {
      checkSequelizeOptions(dialect, sequelizeOptions, resolved);
      const completed = completeOptions(dialect, sequelizeOptions, resolved);
      const sequelize = instanceOf(source, completed, dialect.engine);
      const invocations = new InvocationTracker();
      const supervisor = new ConnectionSupervisor(sequelize, {
        dialect,
        dialectOptions: sequelizeOptions.dialectOptions ?? {},
        isZoneChosen: sequelizeOptions.timezone !== undefined,
        optionsOf: () => resolved,
        invocations,
      });
      checkModelNames(init?.(sequelize), sequelize);
      return new SequelizeResource(sequelize, supervisor, invocations, resolved);
    },
  };
}

/** `context.db.models` has the type of what `init` returns, and the models under the names that Sequelize knows. */
function checkModelNames(returned: unknown, sequelize: Sequelize): void {
  if (typeof returned !== "object" || returned === null) return;
  const known = new Map(Object.entries(sequelize.models).map(([name, model]) => [model, name]));
  for (const [key, value] of Object.entries(returned)) {
    const name = known.get(value);
    if (name === undefined || sequelize.models[key] === value) continue;
    const received = `the model ${JSON.stringify(name)} as ${JSON.stringify(key)}`;
    throw invalidOption(
      "init",
      "each model under its own name",
      received,
      "Change the key, or the model's name.",
    );
  }
}

/** Creates the instance, and checks that it is one: no token would be signed for any other object. */
function instanceOf(source: SequelizeSource<Sequelize>, options: Options, engine: Engine): Sequelize {
  const made: unknown = isClass(source) ? new source(options) : source(options);
  if (!isSequelize(made)) throw wrongSource("a function that returned something else");
  // Sequelize's own name of the dialect, for which it also takes "postgresql".
  if (made.getDialect() === engine) return made;
  throw wrongSource(`an instance of the dialect ${made.getDialect()}, made with other options`);
}

/** Decides by the prototype's methods, since the class may come from another copy of the package. */
function isClass(source: SequelizeSource<Sequelize>): source is new (options: Options) => Sequelize {
  return isSequelize(source.prototype);
}

function isSequelize(value: unknown): value is Sequelize {
  const { getQueryInterface, getDialect }: { getQueryInterface?: unknown; getDialect?: unknown } =
    Object(value);
  return typeof getQueryInterface === "function" && typeof getDialect === "function";
}

function wrongSource(received: string): RdsProxyError {
  return invalidOption(
    "sequelize",
    "a subclass of Sequelize 6, or a function (options) => new Sequelize(options)",
    received,
    "Pass all the options to the constructor, and return the instance.",
  );
}

function refuseMisplaced(options: SequelizeOptions): void {
  for (const [name, remedy] of ELSEWHERE) {
    if (options[name] === undefined) continue;
    throw new RdsProxyError("RDS_PROXY_INVALID_OPTION", `${name}: not an option of the adapter. ${remedy}`);
  }
  if (options.pool?.max !== undefined) {
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      "pool.max: not an option of the adapter. The number of connections is `maxConnections` of rdsProxy().",
    );
  }
}
