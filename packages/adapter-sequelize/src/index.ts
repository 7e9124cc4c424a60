export type { SequelizeOptions } from "./dialects/dialect.js";
export type { SequelizeDialectName, SequelizeRdsProxyOptions } from "./options.js";
export {
  type SequelizeAdapterOptions,
  type SequelizeModels,
  type SequelizeSource,
  type SequelizeWith,
  sequelizeAdapter,
} from "./sequelize-adapter.js";
export { withRdsProxy } from "./with-rds-proxy.js";
