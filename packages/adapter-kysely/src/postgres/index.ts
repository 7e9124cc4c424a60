export { type KyselyAdapterOptions, kyselyAdapter } from "./kysely-adapter.js";
export { RdsProxyDialect, type RdsProxyDialectOptions } from "./rds-proxy-dialect.js";
