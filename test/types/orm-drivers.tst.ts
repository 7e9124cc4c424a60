import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { prismaAdapter } from "@rds-proxy/adapter-mysql2/prisma";
import { typeormDriver as mysql2Driver } from "@rds-proxy/adapter-mysql2/typeorm";
import { createPool as createPgPool } from "@rds-proxy/adapter-pg";
import { typeormDriver as pgDriver } from "@rds-proxy/adapter-pg/typeorm";
import { expectTypeOf } from "vitest";

// As the class of @prisma/adapter-mariadb, whose pools have more members than the adapter's.
declare class PrismaMariaDb {
  constructor(
    pool: { readonly importFile: () => void } | string,
    options?: { readonly database?: string; readonly useTextProtocol?: boolean },
  );
  readonly adapterName: string;
}

expectTypeOf(prismaAdapter(PrismaMariaDb, createMysqlPool())).toEqualTypeOf<PrismaMariaDb>();
prismaAdapter(PrismaMariaDb, createMysqlPool(), { database: "shop" });
// @ts-expect-error statements are always sent as text
prismaAdapter(PrismaMariaDb, createMysqlPool(), { useTextProtocol: false });
// @ts-expect-error a pool of node-postgres
prismaAdapter(PrismaMariaDb, createPgPool());

pgDriver({ host: "localhost", application_name: "orders", maxConnections: 2 });
mysql2Driver({ host: "localhost", timezone: "Z", maxConnections: 2 });
// @ts-expect-error the size of the pool is `maxConnections`
pgDriver({ max: 2 });
// @ts-expect-error a token is signed for each login
mysql2Driver({ password: "secret" });
