"use strict";

const { join } = require("node:path");

/** Loaded before the driver: its `createPool` can be replaced by the module that is imported next. */
const file = join(process.cwd(), "lib/create_pool.js");
const createPool = require(file);

require.cache[file].exports = (config) => {
  const replacement = globalThis[Symbol.for("rds-proxy.suites.createPool")];
  return replacement ? replacement(config, createPool) : createPool(config);
};
