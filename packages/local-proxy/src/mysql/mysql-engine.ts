import type { Engine } from "../engine.js";
import type { ResolvedOptions } from "../options.js";
import { MysqlClientProtocol } from "./client-protocol.js";
import { UpstreamGreeting } from "./upstream-greeting.js";

/** MySQL's protocol, version 10, as MySQL and MariaDB speak it. */
export function createMysqlEngine({ upstream }: Pick<ResolvedOptions, "upstream">): Engine {
  const upstreamGreeting = new UpstreamGreeting(upstream.host, upstream.port);
  return {
    usualPort: 3306,
    accept: (client, connection, proxy) =>
      new MysqlClientProtocol(client, connection, proxy, upstreamGreeting),
  };
}
