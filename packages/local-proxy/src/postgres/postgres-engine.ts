import type { Backend } from "../backend/backend.js";
import { BackendPool } from "../backend/backend-pool.js";
import type { Engine } from "../engine.js";
import type { ResolvedOptions } from "../options/options.js";
import { PostgresClientProtocol } from "./client-protocol.js";
import type { TypedPiece } from "./message-splitter.js";
import { logInUpstream } from "./upstream-login.js";

/** Creates the engine for PostgreSQL's protocol, version 3.0. */
export function createPostgresEngine({ poolCapacity }: Pick<ResolvedOptions, "poolCapacity">): Engine {
  const pool = new BackendPool<Backend<TypedPiece>>(poolCapacity);
  return {
    defaultPort: 5432,
    pool,
    logIn: (upstream, secret, database) =>
      logInUpstream(upstream, { ...secret, parameters: new Map([["database", database ?? secret.user]]) }),
    accept: (client, connection, proxy) => new PostgresClientProtocol(client, connection, proxy, pool),
  };
}
