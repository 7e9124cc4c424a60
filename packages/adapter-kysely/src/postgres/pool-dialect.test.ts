import { RdsProxyClient } from "@rds-proxy/adapter-pg/client";
import { Kysely, sql } from "kysely";
import type { Pool } from "pg";
import { expect, it, vi } from "vitest";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { PoolDialect } from "./pool-dialect.js";

/** A pool of one client, whose queries have no rows. */
function poolOf(client: RdsProxyClient, calls: string[]): Pool {
  vi.spyOn(client, "query").mockImplementation(async () => ({ rows: [] }));
  const stub = {
    options: {},
    async connect() {
      calls.push("connect");
      return client;
    },
    async end() {
      calls.push("end");
    },
  };
  return Object(stub);
}

it("onCreateConnection sets up the session of the pool's client, and destroy() ends the pool", async () => {
  const calls: string[] = [];
  const client = new RdsProxyClient(resolvedOptions(), {});
  vi.spyOn(client.session, "setUp").mockImplementation(async (work) => {
    calls.push("set-up begins");
    await work();
    calls.push("set-up ends");
  });
  const onCreateConnection = async (): Promise<void> => void calls.push("hook");
  const dialect = new PoolDialect(() => poolOf(client, calls), undefined, { onCreateConnection });
  const db = new Kysely({ dialect });
  await sql`select 1`.execute(db);
  await db.destroy();
  expect(calls).toEqual(["connect", "set-up begins", "hook", "set-up ends", "end"]);
});
