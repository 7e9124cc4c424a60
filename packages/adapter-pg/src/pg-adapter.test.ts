import { deadlineIn } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import pg from "pg";
import { expect, it } from "vitest";
import { resolvedOptions } from "../../core/src/testing/resolved-options.js";
import { pgAdapter, plainPgAdapter } from "./pg-adapter.js";
import { startPostgresStub } from "./testing/postgres-stub.js";

it.each([
  ["pgAdapter()", () => pgAdapter({ application_name: "orders" }), ["application_name", "orders"]],
  ["the adapter without options", plainPgAdapter, ["user", "app"]],
])("%s gives each invocation a client of PostgreSQL", async (_, create, startup) => {
  const stub = await startPostgresStub();
  const options = { credentials: undefined, signer: { getAuthToken: async () => "token" } };
  const adapter = create();
  expect(adapter.engine).toBe("postgres");
  const resource = adapter.create(resolvedOptions({ ...stub.endpoint, ...options }));
  const deadline = deadlineIn(5000, systemRuntime.clock);
  const lease = await resource.acquire(deadline);
  expect(lease.db).toBeInstanceOf(pg.Client);
  await lease.db.query("select 1");
  await lease.release(deadline);
  await resource.close();
  expect(stub.sessions).toMatchObject([
    { startup: expect.arrayContaining(startup), statements: ["select 1"] },
  ]);
});

it.each([
  ["pgAdapter()", pgAdapter],
  ["the adapter without options", plainPgAdapter],
])("%s refuses a variable that RDS Proxy would refuse", (_, create) => {
  const options = resolvedOptions({}, { env: { PGREPLICATION: "database" } });
  expect(() => create().create(options)).toThrow("PGREPLICATION: must not be set.");
});

it("the options of pgAdapter() are an object", () => {
  expect(() => Reflect.apply(pgAdapter, undefined, ["orders"])).toThrow(/^options: expected an object/);
});
