import { type Adapter, resolveOptions } from "@rds-proxy/core/adapter";
import { type Options, Sequelize } from "sequelize";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sequelizeAdapter } from "./sequelize-adapter.js";
import { sequelizeInternals } from "./sequelize-internals.js";
import { withRdsProxy } from "./with-rds-proxy.js";

const PROXY = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";
const INSTANCE = "db-1.abcdefghijkl.eu-west-1.rds.amazonaws.com";
const place = { host: PROXY, username: "app", database: "shop" };

afterEach(() => vi.unstubAllEnvs());

describe("options for Sequelize", () => {
  it("take the endpoint from the environment by default", () => {
    vi.stubEnv("RDS_PROXY_ENDPOINT", `${PROXY}:6432`);
    vi.stubEnv("RDS_PROXY_USER", "app");
    vi.stubEnv("RDS_PROXY_DATABASE", "shop");
    expect(withRdsProxy({ dialect: "postgres" })).toMatchObject({
      host: PROXY,
      port: 6432,
      username: "app",
      database: "shop",
    });
  });

  it("avoid SET and allow one connection on PostgreSQL", () => {
    expect(withRdsProxy({ dialect: "postgres", ...place })).toMatchObject({
      databaseVersion: "9.5.0+unknown",
      standardConformingStrings: true,
      dialectOptions: { clientMinMessages: "ignore" },
      pool: { max: 1, min: 0 },
    });
  });

  it("avoid SET and allow one connection on MySQL", () => {
    expect(withRdsProxy({ dialect: "mysql", ...place })).toMatchObject({
      databaseVersion: "5.7.0+unknown",
      pool: { max: 1, min: 0 },
    });
  });

  it("keep the given options, except one that would send a statement twice", () => {
    const logging = (): void => undefined;
    const given: Options = {
      logging,
      timezone: "+02:00",
      define: { underscored: true },
      pool: { max: 5, acquire: 1000 },
      retry: { max: 9, match: [/x/] },
      dialectOptions: { application_name: "orders" },
    };
    const copy = structuredClone({ ...given, logging: undefined });
    const options = withRdsProxy({ ...given, dialect: "postgres", ...place });
    expect(options).toMatchObject({
      logging,
      timezone: "+02:00",
      define: { underscored: true },
      pool: { max: 5, acquire: 1000, min: 0 },
      retry: { max: 1, match: [/x/] },
      dialectOptions: { application_name: "orders", clientMinMessages: "ignore" },
    });
    expect({ ...given, logging: undefined }).toEqual(copy);
  });

  it("treat an explicit undefined as the default", () => {
    const undefinedOptions: object = {
      standardConformingStrings: undefined,
      dialectOptions: { clientMinMessages: undefined, types: undefined },
      pool: { max: undefined },
    };
    expect(withRdsProxy({ dialect: "postgres", ...place, ...undefinedOptions })).toMatchObject({
      standardConformingStrings: true,
      dialectOptions: { clientMinMessages: "ignore" },
      pool: { max: 1 },
    });
    const dialectOptions = { host: undefined, connectionLimit: undefined };
    expect(withRdsProxy({ dialect: "mysql", ...place, dialectOptions }).dialectOptions).toEqual({});
  });

  it.each([undefined, null, "", false])("ignore a password of %o, as Sequelize does", (password) => {
    const given: object = { password };
    expect(() => withRdsProxy({ dialect: "mysql", ...place, ...given })).not.toThrow();
  });

  it("keep a given version", () => {
    const options = withRdsProxy({ dialect: "postgres", ...place, databaseVersion: "16.2.0" });
    expect(options).toMatchObject({ databaseVersion: "16.2.0" });
  });

  describe.each(["postgres", "mysql"] as const)("that are passed again, for %s", (dialect) => {
    const beforeConnect = (): void => undefined;
    const given = { dialect, ...place, hooks: { beforeConnect }, pool: { max: 3 } };
    const once = withRdsProxy(given, { region: "eu-west-1", connectTimeoutMs: 1234 });
    const { hooks: firstHooks, ...first } = once;

    it("stay the same", () => {
      const { hooks, ...second } = withRdsProxy({ ...given, ...once, dialect });
      expect(second).toEqual(first);
      expect(hooks?.beforeConnect).toEqual([expect.any(Function), beforeConnect]);
      expect(firstHooks?.beforeConnect).toEqual([expect.any(Function), beforeConnect]);
    });

    it("stay the same when they come from an instance", () => {
      const instance = new Sequelize({ ...once, logging: false });
      const { options } = sequelizeInternals(instance);
      const { hooks, ...second } = withRdsProxy({ ...options, dialect });
      expect(second).toMatchObject({ ...first, dialect });
      expect(hooks?.beforeConnect).toEqual([expect.any(Function), beforeConnect]);
    });
  });

  it("contain no token and no credentials", () => {
    const options = withRdsProxy(
      { dialect: "postgres", ...place },
      { credentials: { accessKeyId: "AKIA", secretAccessKey: "very-secret" } },
    );
    expect(JSON.stringify(options)).not.toContain("very-secret");
    expect(new Sequelize({ ...options, logging: false }).config.password).toBeNull();
  });

  it.each([
    [
      "an unknown dialect",
      { dialect: "sqlite" },
      {},
      /^dialect: expected "postgres" or "mysql", received "sqlite"/,
    ],
    ["MariaDB's own dialect", { dialect: "mariadb" }, {}, /For MariaDB take "mysql"/],
    ["a password", { password: "secret" }, {}, /^password: not an option here\. Leave it out/],
    ["ssl", { ssl: true }, {}, /^ssl: .*second argument/],
    ["native bindings", { native: true }, {}, /^native: /],
    ["a module's path", { dialectModulePath: "pg" }, {}, /^dialectModulePath: .*`dialectModule`/],
    [
      "messages to set",
      { dialectOptions: { clientMinMessages: "warning" } },
      {},
      /^dialectOptions\.clientMinMessages: .*pin/,
    ],
    [
      "a search path to set",
      { dialectOptions: { prependSearchPath: true } },
      {},
      /^dialectOptions\.prependSearchPath: .*pin/,
    ],
    ["an isolation level for all", { isolationLevel: "SERIALIZABLE" }, {}, /^isolationLevel: .*pin/],
    [
      "a startup option",
      { dialectOptions: { statement_timeout: 1000 } },
      {},
      /^statement_timeout: .*ALTER ROLE/,
    ],
    [
      "a driver's own ssl",
      { dialectOptions: { ssl: { rejectUnauthorized: false } } },
      {},
      /^ssl: .*always on/,
    ],
    ["dialectOptions that are no object", { dialectOptions: "x" }, {}, /^dialectOptions: expected an object/],
    ["a misspelt option", {}, { Region: "eu-west-1" }, /Did you mean `region`/],
    ["Sequelize's options in the wrong place", {}, { host: PROXY }, /^host: .*first argument/],
    [
      "preparedStatements that is no boolean",
      {},
      { preparedStatements: 1 },
      /^preparedStatements: expected true or false/,
    ],
  ])("are refused with %s", (_, options, rdsProxy, message) => {
    const call = (): unknown =>
      Reflect.apply(withRdsProxy, undefined, [{ dialect: "postgres", ...place, ...options }, rdsProxy]);
    expect(call).toThrow(expect.objectContaining({ code: "RDS_PROXY_INVALID_OPTION" }));
    expect(call).toThrow(message);
  });

  it("take the endpoint of the write replica if there is no other", () => {
    const nothing: object = { host: undefined, port: null, username: null, database: null };
    const replica = { ...place, port: "6432", password: null };
    const replication = { write: replica, read: [{ ...replica, host: `reader.${PROXY}` }] };
    const options = Reflect.apply(withRdsProxy, undefined, [
      { dialect: "postgres", ...nothing, replication },
    ]);
    expect(options).toMatchObject({
      host: PROXY,
      port: 6432,
      username: "app",
      database: "shop",
      replication,
    });
  });

  it("are refused with an unknown replica, and with a replica's password", () => {
    const withReplica = (replica: object): unknown =>
      withRdsProxy({
        dialect: "mysql",
        ...place,
        replication: { write: {}, read: [{ host: `reader.${PROXY}`, ...replica }] },
      });
    expect(() => withReplica({})).not.toThrow();
    expect(() => withReplica({ host: "https://reader" })).toThrow(/^host: /);
    expect(() => withReplica({ password: "secret" })).toThrow(/^password: /);
  });

  it("may pin without a proxy", () => {
    const options = {
      dialect: "postgres",
      ...place,
      host: INSTANCE,
      dialectOptions: { prependSearchPath: true },
    } as const;
    expect(withRdsProxy(options)).toMatchObject({ dialectOptions: { prependSearchPath: true } });
  });
});

describe("the adapter", () => {
  it.each([
    ["an endpoint", { host: PROXY }, /^host: .*rdsProxy\(\)/],
    ["a user", { username: "app" }, /^username: .*`user`/],
    ["replicas", { replication: { read: [], write: {} } }, /^replication: .*contextKey/],
    ["a size of the pool", { pool: { max: 2 } }, /^pool\.max: .*maxConnections/],
    ["an init that is no function", { init: [] }, /^init: expected a function/],
    ["a source that is no function", { sequelize: {} }, /^sequelize: expected a subclass of Sequelize 6/],
  ])("refuses %s", (_, options, message) => {
    const call = (): unknown =>
      Reflect.apply(sequelizeAdapter, undefined, [{ dialect: "postgres", ...options }]);
    expect(call).toThrow(message);
  });

  describe("whose init returns models", () => {
    const created = (init: (sequelize: Sequelize) => unknown): unknown =>
      sequelizeAdapter({ dialect: "postgres", logging: false, init }).create(
        resolveOptions({ host: PROXY, user: "app" }, "postgres"),
      );

    it("refuses one under another name, which `db.models` does not have", () => {
      expect(() => created((sequelize) => ({ Order: sequelize.define("OrderOfShop", {}) }))).toThrow(
        'init: expected each model under its own name, received the model "OrderOfShop" as "Order". Change the key,',
      );
    });

    it.each([
      ["under their names", (sequelize: Sequelize) => ({ Order: sequelize.define("Order", {}) })],
      ["in a list", (sequelize: Sequelize) => ({ all: [sequelize.define("Order", {})] })],
      ["not at all", (sequelize: Sequelize) => void sequelize.define("Order", {})],
      ["and no model", () => null],
    ])("takes them %s", (_, init) => {
      expect(created(init)).toBeDefined();
    });
  });

  it.each([
    ["nothing", () => undefined, /^sequelize: .*received a function that returned something else/],
    [
      "another dialect",
      () => new Sequelize({ dialect: "mysql", logging: false }),
      /^sequelize: .*dialect mysql/,
    ],
  ])("refuses a function that makes %s", (_, sequelize, message) => {
    const adapter: Adapter<unknown> = Reflect.apply(sequelizeAdapter, undefined, [
      { dialect: "postgres", sequelize },
    ]);
    expect(() => adapter.create(resolveOptions({ host: PROXY, user: "app" }, "postgres"))).toThrow(message);
  });
});
