import type { Engine } from "../engine.js";
import { PostgresClientProtocol } from "./client-protocol.js";

/** PostgreSQL's protocol, version 3.0. */
export function createPostgresEngine(): Engine {
  return {
    usualPort: 5432,
    accept: (client, connection, proxy) => new PostgresClientProtocol(client, connection, proxy),
  };
}
