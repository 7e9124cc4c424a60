import { findRdsProxyError } from "@rds-proxy/core";
import {
  type DescribedError,
  describeError,
  type Handler,
  serveHandler,
} from "@rds-proxy/lambda-kit/runtime";
import { collectRevelations, reveal } from "./revelations.js";

// Before the handler's module is loaded, which may connect.
collectRevelations();

export function serve({ handler }: { readonly handler: Handler }): Handler {
  return serveHandler(handler, describe);
}

function describe(error: unknown): DescribedError {
  // Sequelize's errors carry ours where a connect failed, and else the driver's.
  const { original = error }: { original?: unknown } = Object(error);
  return {
    ...describeError(error, findRdsProxyError(error) ?? original),
    revealed: process.env["TEST_REVEAL"] ? reveal(error) : undefined,
  };
}
