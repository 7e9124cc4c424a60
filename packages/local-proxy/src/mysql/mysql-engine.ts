import type { Backend } from "../backend/backend.js";
import { BackendPool } from "../backend/backend-pool.js";
import type { Engine } from "../engine.js";
import type { ResolvedOptions } from "../options/options.js";
import { MysqlClientProtocol } from "./client-protocol.js";
import type { PacketPiece } from "./message-splitter.js";
import { ownStartup } from "./startup.js";
import { UpstreamGreeting } from "./upstream-greeting.js";
import { logInUpstream } from "./upstream-login.js";

/** Creates the engine for the protocol of MySQL and MariaDB, version 10. */
export function createMysqlEngine({
  upstream,
  poolCapacity,
}: Pick<ResolvedOptions, "upstream" | "poolCapacity">): Engine {
  const upstreamGreeting = new UpstreamGreeting(upstream.host, upstream.port);
  const pool = new BackendPool<Backend<PacketPiece>>(poolCapacity);
  return {
    defaultPort: 3306,
    pool,
    logIn: (upstream, secret, database) => logInUpstream(upstream, secret, ownStartup(secret.user, database)),
    accept: (client, connection, proxy) =>
      new MysqlClientProtocol(client, connection, proxy, upstreamGreeting, pool),
  };
}
