import { connectionOptions, createPool, pgAdapter } from "@rds-proxy/adapter-pg";
import type pg from "pg";
import { expectTypeOf } from "vitest";

expectTypeOf(createPool()).toEqualTypeOf<pg.Pool>();
expectTypeOf(connectionOptions()).toEqualTypeOf<pg.ClientConfig>();
createPool({ host: "localhost", application_name: "orders", query_timeout: 1000, allowExitOnIdle: true });
createPool({
  ssl: true,
  onConnect: async (client) => void (await client.query("select 1")),
  log: console.debug,
});
createPool({ verify: (client, done) => client.query("select 1", (error) => done(error)) });
connectionOptions({ host: "localhost", keepAlive: true, binary: true, client_encoding: "UTF8" });
pgAdapter({ application_name: "orders" });

// @ts-expect-error RDS Proxy refuses it as a startup option
createPool({ statement_timeout: 1000 });
// @ts-expect-error RDS Proxy refuses it as a startup option
pgAdapter({ options: "-c statement_timeout=1000" });
// @ts-expect-error the size of the pool is `maxConnections`
createPool({ max: 10 });
// @ts-expect-error where the server is belongs to the middleware's options
pgAdapter({ host: "localhost" });
