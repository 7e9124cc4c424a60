import { setImmediate as endOfTurn } from "node:timers/promises";
import { deadlineIn, resolveOptions } from "@rds-proxy/core/adapter";
import pg from "pg";
import { Sequelize } from "sequelize";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { errorResponse, startPostgresStub } from "../../../adapter-pg/src/testing/postgres-stub.js";
import type { OpeningConnection } from "./dialect.js";
import { postgresDialect } from "./postgres.js";

const PROXY = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";
const OPTIONS = resolveOptions({ host: PROXY, user: "app" }, "postgres");
const PINS = "not an option here, since RDS Proxy would pin every connection to one of the database's.";

interface Given {
  readonly atStartup?: string;
  readonly dialectOptions?: object;
  readonly config?: object;
  readonly module?: object;
}

/** A client of a server, as Sequelize creates it, before it has connected. */
async function open({ atStartup, dialectOptions = {}, config = {}, module = pg }: Given = {}) {
  const stub = await startPostgresStub();
  const signer = { getAuthToken: async () => "a token" };
  const options = resolveOptions({ ...stub.endpoint, user: "app", database: "shop", signer }, "postgres");
  let opening: OpeningConnection | undefined;
  const supervised = postgresDialect.superviseModule(module, {
    sequelize: new Sequelize({ dialect: "postgres", logging: false }),
    dialectOptions,
    zone: { isSetByStatement: false, atStartup },
    currentRequest: () => ({
      options,
      attempt: { deadline: deadlineIn(5000, options.runtime.clock) },
      onOpening: (made) => {
        opening = made;
      },
    }),
  });
  const client = new (Object(supervised).Client)(config);
  onTestFinished(() => client.destroy());
  return { stub, supervised, client, opening };
}

describe("the dialect for PostgreSQL", () => {
  it("names its engine, the oldest version and what keeps Sequelize from sending SET", () => {
    expect(postgresDialect).toMatchObject({
      engine: "postgres",
      oldestVersion: "9.5.0",
      defaults: { standardConformingStrings: true },
      defaultDialectOptions: { clientMinMessages: "ignore" },
    });
    expect(postgresDialect.reportedVersion({})).toBeUndefined();
  });

  it.each([
    [
      { dialectOptions: { clientMinMessages: "warning" } },
      `dialectOptions.clientMinMessages: ${PINS} Leave it out or pass "ignore", and set it on the role: ALTER ROLE app SET ` +
        "client_min_messages = ...",
    ],
    [
      { clientMinMessages: "warning" },
      `clientMinMessages: ${PINS} Leave it out, and set it on the role: ALTER ROLE app SET client_min_messages = ...`,
    ],
    [
      { dialectOptions: { prependSearchPath: true } },
      `dialectOptions.prependSearchPath: ${PINS} Set the path on the role (ALTER ROLE app SET search_path = ...), or give ` +
        "models their `schema`.",
    ],
    [
      { isolationLevel: "SERIALIZABLE" },
      `isolationLevel: ${PINS} Set it on the role (ALTER ROLE app SET default_transaction_isolation = ...), or give it to ` +
        "the transactions that need it.",
    ],
  ])("refuses what would pin: %o", (options, message) => {
    expect(() => postgresDialect.check(Object(options), OPTIONS)).toThrow(
      expect.objectContaining({ code: "RDS_PROXY_INVALID_OPTION", message }),
    );
  });

  it("refuses false for the level of messages in dialectOptions, with which Sequelize sets the level to warning", () => {
    const dialectOptions = { clientMinMessages: false };
    expect(() => postgresDialect.check({ dialectOptions }, OPTIONS)).toThrow(
      /^dialectOptions\.clientMinMessages: .*pin/,
    );
  });

  it.each([
    {},
    { clientMinMessages: false },
    { clientMinMessages: "Ignore" },
    { dialectOptions: { clientMinMessages: "IGNORE", prependSearchPath: false, useUTC: true } },
  ])("takes what has no effect: %o", (options) => {
    expect(() => postgresDialect.check(Object(options), OPTIONS)).not.toThrow();
  });

  it.each([
    [
      "connectTimeout",
      /One attempt and all of them have limits .* Set `connectTimeoutMs`, and `acquireTimeoutMs` for/,
    ],
    ["scramMaxIterations", /Sequelize does not pass it to node-postgres, .* Leave it out\.$/],
    ["toString", /not a known option/],
  ])("refuses what has no effect in dialectOptions without this package either: %s", (name, message) => {
    expect(() => postgresDialect.check({ dialectOptions: { [name]: 1 } }, OPTIONS)).toThrow(message);
  });

  it.each([
    ["UTC", undefined, { isSetByStatement: false, atStartup: "UTC" }],
    ["+9", undefined, { isSetByStatement: true, atStartup: undefined }],
    ["UTC", true, { isSetByStatement: false }],
  ])(
    "has the zone %s set at startup if it can be, except with keepDefaultTimezone %o",
    (timezone, keep, zone) => {
      const request = { timezone, isChosen: true, keepDefaultTimezone: keep };
      expect(postgresDialect.sessionZone(request)).toStrictEqual(zone);
    },
  );

  it.each([[{}], [{ Client: {} }], [{ createConnection: () => undefined }]])(
    "refuses a module that is not node-postgres: %o",
    (module) => {
      const instance = Object({ dialectOptions: {}, zone: {} });
      expect(() => postgresDialect.superviseModule(module, instance)).toThrow(
        expect.objectContaining({
          code: "RDS_PROXY_INVALID_OPTION",
          message: 'dialectModule: expected node-postgres. Pass the result of `import pg from "pg"`.',
        }),
      );
    },
  );
});

describe("a connection of Sequelize to PostgreSQL", () => {
  it("is made by the given module, with Sequelize's parsers and the driver's options", async () => {
    const getTypeParser = vi.fn(() => "a parser");
    const { supervised, client, stub, opening } = await open({
      module: { Client: pg.Client, types: "kept" },
      dialectOptions: { application_name: "orders", clientMinMessages: "ignore" },
      config: { types: { getTypeParser }, user: "another", host: "elsewhere" },
    });
    expect(Object(supervised).types).toBe("kept");
    expect(Object.keys(supervised)).toEqual(["Client"]);
    expect(client).toBeInstanceOf(pg.Client);
    expect(client.getTypeParser(25, "text")).toBe("a parser");
    await client.connectWithin();
    expect(await opening?.pooled).toMatchObject({ state: "idle" });
    const startup = stub.sessions[0]?.startup ?? [];
    expect(startup.join(" ")).toMatch(/\buser app database shop\b.*\bapplication_name orders\b/);
    expect(startup).not.toContain("TimeZone");
  });

  it("has the driver's parsers without Sequelize's", async () => {
    const { client } = await open();
    expect(client.getTypeParser(23, "text")("7")).toBe(7);
  });

  it("has the zone in its startup message, beside the others", async () => {
    const { client, stub } = await open({ atStartup: "Asia/Tokyo" });
    await client.connectWithin();
    expect(stub.sessions[0]?.startup.join(" ")).toMatch(
      /\buser app database shop\b.*\bTimeZone Asia\/Tokyo\b/,
    );
  });

  it("is refused where node-postgres builds its startup message in another way", async () => {
    class Other extends pg.Client {
      getStartupConf = undefined;
    }
    await expect(open({ atStartup: "UTC", module: { Client: Other } })).rejects.toMatchObject({
      code: "RDS_PROXY_UNSUPPORTED",
      message:
        "This version of node-postgres begins a session in another way: 8.16 or later of version 8 is needed.",
    });
    await expect(open({ module: { Client: Other } })).resolves.toBeDefined();
  });

  it("reports the driver's error of a failed login", async () => {
    const { client, stub, opening } = await open();
    stub.welcome = errorResponse("28P01", "denied");
    const pooled = expect(opening?.pooled).rejects.toMatchObject({ code: "28P01" });
    await expect(client.connectWithin()).rejects.toMatchObject({ code: "28P01" });
    await pooled;
  });

  it("is destroyed by destroy() of its attempt", async () => {
    const { client, opening } = await open();
    opening?.destroy();
    expect(client.connection.stream.destroyed).toBe(true);
  });

  it("cannot be used after it is revoked", async () => {
    const { client, stub, opening } = await open();
    await client.connectWithin();
    const pooled = await opening?.pooled;
    pooled?.revoke();
    expect(() => client.query("select 1")).toThrow(
      expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }),
    );
    const callback = vi.fn();
    client.query("select 1", [], callback);
    expect(callback).not.toHaveBeenCalled();
    await endOfTurn();
    expect(callback).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }),
    );
    expect(stub.sessions[0]?.statements).toEqual([]);
  });
});
