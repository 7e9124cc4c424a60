import { deadlineIn, resolveOptions } from "@rds-proxy/core/adapter";
import { createConnection } from "mysql2";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createCertificates, type TestCertificates } from "../../../core/src/testing/certificates.js";
import { mysql2Adapter, plainMysql2Adapter } from "../mysql2-adapter.js";
import { type Answer, AUTOCOMMIT, startMysqlStub } from "../testing/mysql-stub.js";
import { mysql2Driver } from "./driver.js";

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await createCertificates("localhost");
});

async function connect(answer?: Answer) {
  const stub = await startMysqlStub(certificates, answer);
  const options = resolveOptions(
    {
      host: "localhost",
      port: stub.port,
      user: "app",
      ssl: { ca: certificates.ca },
      signer: { getAuthToken: async () => "token" },
    },
    "mysql",
  );
  const deadlineInMs = (ms: number) => deadlineIn(ms, options.runtime.clock);
  const driver = mysql2Driver(createConnection, options, {});
  const physical = await driver.connect({ deadline: deadlineInMs(10_000) });
  onTestFinished(() => driver.destroy(physical));
  return { stub, options, driver, physical, deadlineInMs };
}

describe("the driver", () => {
  it("shows what a connection knows of itself", async () => {
    const { driver, physical } = await connect();
    expect(driver.stateOf(physical)).toBe("idle");
    expect(driver.sessionOf?.(physical)).toBe(physical.session);
    expect(driver.connectedAt(physical)).toBe(physical.connectedAt);
    expect(driver.lastUsedAt(physical)).toBe(physical.lastUsedAt);
    expect(driver.isInTurnOfLastUse?.(physical)).toBe(physical.isInTurnOfLastUse);
    driver.createView(physical).db.destroy();
    expect(driver.stateOf(physical)).toBe("unusable");
  });

  it("pings and rolls back", async () => {
    const { stub, driver, physical, deadlineInMs } = await connect();
    await driver.ping(physical, deadlineInMs(10_000));
    await driver.rollback(physical, deadlineInMs(10_000));
    expect(stub.commands).toEqual(["ping", "rollback"]);
  });

  it.each(["ping", "rollback"] as const)(
    "waits no longer than it may for the answer to a %s",
    async (method) => {
      const { driver, physical, deadlineInMs } = await connect((command) =>
        command === method ? undefined : AUTOCOMMIT,
      );
      await expect(driver[method](physical, deadlineInMs(10))).rejects.toThrow(
        `no answer to the ${method} in time`,
      );
      expect(driver.stateOf(physical)).toBe("busy");
    },
  );

  it("ends a connection politely, and waits until it is closed", async () => {
    const { stub, driver, physical } = await connect();
    await driver.end(physical);
    expect(Reflect.get(physical.connection, "stream").closed).toBe(true);
    expect([stub.commands, driver.stateOf(physical)]).toEqual([["quit"], "unusable"]);
  });

  it("lets the process end or not", async () => {
    const { driver, physical } = await connect();
    const calls: string[] = [];
    vi.spyOn(physical, "ref").mockImplementation(() => void calls.push("ref"));
    vi.spyOn(physical, "unref").mockImplementation(() => void calls.push("unref"));
    driver.unref(physical);
    driver.ref(physical);
    expect(calls).toEqual(["unref", "ref"]);
  });
});

describe("the adapter", () => {
  it.each([
    ["mysql2Adapter", mysql2Adapter, {}],
    ["mysql2Adapter with undefined", mysql2Adapter, undefined],
    ["plainMysql2Adapter", plainMysql2Adapter, undefined],
  ])("%s() is one for MySQL, whose connections come from the driver", async (_, createAdapter, given) => {
    const { stub, options, deadlineInMs } = await connect();
    const adapter = createAdapter(given);
    expect(adapter.engine).toBe("mysql");
    const slots = adapter.create(options);
    onTestFinished(() => slots.close());
    const lease = await slots.acquire(deadlineInMs(10_000));
    await lease.db.query("select 1");
    expect(stub.commands).toEqual(["select 1"]);
    await lease.release(deadlineInMs(10_000));
  });

  it("passes mysql2's options on, and refuses what are none", async () => {
    const { options, deadlineInMs } = await connect();
    const slots = mysql2Adapter({ namedPlaceholders: true }).create(options);
    onTestFinished(() => slots.close());
    const { db, release } = await slots.acquire(deadlineInMs(10_000));
    expect(db.config.namedPlaceholders).toBe(true);
    await release(deadlineInMs(10_000));
    expect(() => Reflect.apply(mysql2Adapter, undefined, ["text"])).toThrow(
      "options: expected an object, received a value of type string",
    );
    expect(() => mysql2Adapter(Object({ maxIdle: 1 })).create(options)).toThrow("maxIdle: ");
  });
});
